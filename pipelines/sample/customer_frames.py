"""The tables of customers: accounts with their credit codes, and contacts.

Add here: a column of a customer. Keep out: what customers buy (`customers.py`, `orders.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.sample.customers import Repeaters
from pipelines.sample.frames import frame, ids, picked
from pipelines.sample.organisation import Organisation


def customer_frames(
    company: Organisation,
    seat: np.ndarray,
    since: np.ndarray,
    shown: np.ndarray,
    names: np.ndarray,
    buys: np.ndarray,
    gone: np.ndarray,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`accounts` and `contacts` of the customers in `shown`.

    `since`: timestamps of creation; `buys`, `gone`: whether they ever ordered, stopped ordering.
    """
    words, axis = company.words, company.axis
    total = len(seat)
    industry = rng.integers(0, len(words.industries), total)
    codes = rng.integers(0, 31, (total, 9))
    people, titles = rng.integers(0, 2000, (total, 3)), rng.integers(0, 7, (total, 3))
    number = 1 + (rng.random(total) * np.where(buys, 3, 1.3)).astype(int)
    chosen = np.flatnonzero(shown)
    state = np.where(gone, 2, np.where(buys, 1, 0))
    code = [
        credit_code(row) if bought else None
        for row, bought in zip(codes[chosen].tolist(), buys[chosen].tolist(), strict=True)
    ]
    now = axis.month_number(axis.end)
    accounts = frame(
        "accounts",
        {
            "account_id": ids("C", chosen, 6),
            "account_name": names[chosen],
            "owner_id": company.owner_ids(seat[chosen], np.full(len(chosen), now)),
            "created_at": since[chosen],
            "industry": picked(words.industries, industry[chosen]),
            "region": picked(words.regions, company.region_of_seat[seat[chosen]]),
            "credit_code": np.array(code, dtype=object),
            "status": picked(words.account_states, state[chosen]),
        },
    )
    row, column = np.nonzero(np.arange(3)[None, :] < number[chosen][:, None])
    contacts = frame(
        "contacts",
        {
            "contact_id": ids("P", np.arange(len(row)), 7),
            "account_id": ids("C", chosen[row], 6),
            "contact_name": [words.person(n + 300) for n in people[chosen[row], column].tolist()],
            "title": picked(words.titles, titles[chosen[row], column]),
        },
    )
    return accounts, contacts


CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code(digits: list[int]) -> str:
    """A unified social credit code with a correct check character (GB 32100-2015).

    The area 000000 belongs to nobody, so no code is that of a real firm.
    """
    body = "91000000" + "".join(CODE_CHARACTERS[digit] for digit in digits)
    total = sum(CODE_CHARACTERS.index(c) * w for c, w in zip(body, CODE_WEIGHTS, strict=True))
    return body + CODE_CHARACTERS[(31 - total % 31) % 31]


def gone_customers(
    company: Organisation, customers: Repeaters, last: np.ndarray, total: int
) -> np.ndarray:
    """Which customers have let more than three of their own rhythms pass since their last order."""
    now = float(company.axis.offset_of(np.array([company.axis.now - 1]))[0])
    gone = np.zeros(total, bool)
    gone[customers.account] = now - last[customers.account] > 3 * customers.rhythm
    return gone
