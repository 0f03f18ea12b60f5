"""Asking one Kingdee site: rows of a form, and the fields a form has.

Add here: another reading service. Keep out: what answers mean (`answers.py`) and paging (`paging.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import Said, text
from pipelines.sources.http import (
    Limiter,
    LoginMemory,
    Rate,
    ReadOnlyClient,
    Refusal,
    RetryPolicy,
    Timeouts,
    TokenAuth,
)
from pipelines.sources.kingdee.answers import NO_FIELD, NOT_THERE, Judge
from pipelines.sources.kingdee.forms import FieldsOfForm
from pipelines.sources.kingdee.gateway import place_signed, signed_token
from pipelines.sources.kingdee.login import AUTH, MOST_LOGINS, fetch_token, place, zone_of
from pipelines.sources.kingdee.options import Options

_SERVICE = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService"
# Everything this connector may ever send; saving, submitting and deleting share the prefix.
ALLOWED = (
    ("POST", rf"(/\w+)*/{re.escape(AUTH)}\.(LoginBySign|LoginByAppSecret)\.common\.kdsvc"),
    (
        "POST",
        rf"(/\w+)*/{re.escape(_SERVICE)}\.(ExecuteBillQuery|QueryBusinessInfo)\.common\.kdsvc",
    ),
)


class Site:
    """One site, by one client. All methods raise `PermanentFailure` or `TransientFailure`."""

    def __init__(
        self,
        source: Source,
        options: Options,
        *,
        retry: RetryPolicy | None = None,
        memory: LoginMemory | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name, self.options = source.name, options
        signed = options.login == "headers"
        self._auth = TokenAuth(
            signed_token(source) if signed else fetch_token(source, options, sleep=sleep),
            place=place_signed(source, options) if signed else place,
            most_logins=MOST_LOGINS,
            memory=memory,
            signed=signed,
        )
        self.client = ReadOnlyClient(
            source.base_url or "",
            name=source.name,
            allowed=ALLOWED,
            auth=self._auth,
            private=options.private_network,
            limiter=Limiter(Rate(options.requests_per_second, 1.0), sleep=sleep),
            timeouts=Timeouts(connect=10.0, read=180.0, whole=600.0),
            retry=retry or RetryPolicy(tries=5, base=2.0, cap=60.0),
            judge=Judge(),
            sleep=sleep,
        )

    def zone(self) -> str:
        """Time zone of the server; logs in if need be."""
        return zone_of(self._auth.token(self.client), self.options, self.name)

    def context(self) -> Mapping[str, Any]:
        """What the site told at login: user, data centre, organisation."""
        context: Mapping[str, Any] = self._auth.token(self.client).details["context"]
        return context

    def rows(
        self,
        form_id: str,
        keys: Sequence[str],
        where: str,
        order: str,
        *,
        start: int = 0,
        limit: int | None = None,
    ) -> list[list[Any]]:
        """One page of rows, cells in the order of `keys`; empty behind the last row.

        Never by `TopRowCount`: with a start row it names the last row, not the length of a page.
        """
        rows: list[list[Any]] = self._ask(
            "ExecuteBillQuery",
            {
                "FormId": form_id,
                "FieldKeys": ",".join(keys),
                "FilterString": where,
                "OrderString": order,
                "TopRowCount": 0,
                "StartRow": start,
                "Limit": limit or self.options.page_size,
            },
            list,
            text("sources.kingdee.could_not_read", form_id=form_id, source=self.name),
        )
        if any(len(row) != len(keys) for row in rows):
            raise PermanentFailure(
                text("sources.kingdee.could_not_read", form_id=form_id, source=self.name),
                where=form_id,
                cause=text("sources.kingdee.keys_were_asked_but_row", keys=len(keys)),
                next_step=text("sources.kingdee.interface_changed"),
            )
        return rows

    def fields(self, form_id: str) -> FieldsOfForm | None:
        """The fields of a form as the site has them; None if it has not the form.

        Raises `Refusal` with code `NO_RIGHT` if the user may not see it.
        """
        tried = text("sources.could_not_look_at_form", form_id=form_id, source=self.name)
        try:
            content = self._ask("QueryBusinessInfo", {"FormId": form_id}, dict, tried)
        except Refusal as refusal:
            if refusal.code in NOT_THERE:
                return None
            raise
        result = content.get("Result")
        info = result.get("NeedReturnData") if isinstance(result, dict) else None
        entries: dict[str, str] = {}
        labels: dict[str, str] = {}
        ambiguous: set[str] = set()
        for entry in (info or {}).get("Entrys") or ():
            for field in entry.get("Fields") or ():
                entries[field["Key"]] = entry.get("Key") or ""
                for name in field.get("Name") or ():
                    label = str(name.get("Value") or "").strip()
                    if label and labels.setdefault(label, field["Key"]) != field["Key"]:
                        ambiguous.add(label)
        if not entries:
            raise PermanentFailure(
                tried, cause=text("sources.kingdee.site_lists_no_fields"), where=form_id
            )
        return FieldsOfForm(entries, {k: v for k, v in labels.items() if k not in ambiguous})

    def primary_key(self, form_id: str, keys: Sequence[str]) -> str:
        """The first of the keys by which the site lets the form be read."""
        if len(keys) == 1:
            return keys[0]
        for key in keys:
            try:
                self.rows(form_id, [key], f"{key} = 0", "")
            except Refusal as refusal:
                if refusal.code not in (NO_FIELD, "8"):
                    raise
                continue
            return key
        raise PermanentFailure(
            text("sources.kingdee.could_not_read", form_id=form_id, source=self.name),
            cause=text("sources.kingdee.its_primary_key_none", keys=list(keys)),
            next_step=text("sources.kingdee.set_key_this_form_options"),
        )

    def takes(self, form_id: str, keys: Sequence[str]) -> bool:
        """Whether the site answers a query for these keys; a root that exists proves nothing."""
        try:
            self.rows(form_id, keys, "", "", limit=1)
        except Refusal as refusal:
            if refusal.code in (NO_FIELD, "8"):
                return False
            raise
        return True

    def _ask(self, name: str, data: dict[str, Any], expect: type, tried: Said) -> Any:
        return self.client.post_json(
            f"/{_SERVICE}.{name}.common.kdsvc", {"data": data}, expect=expect, tried=tried
        ).json
