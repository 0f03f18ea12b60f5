"""Loads of a whole tenant: first, incremental, deletions, and what the raw zone then holds."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from neocrm_source import NOW, Tenant, extract_of, seen_deals


def test_first_load(filled: Tenant) -> None:
    report = filled.load()
    records = filled.simulator.tenant.records
    for name, table in (("opportunity", "opportunity"), ("order", "order"), ("lead", "lead")):
        assert report.rows[table] == len(records[name])
        extract = extract_of(report, table)
        assert extract.full
        assert extract.source_rows == extract.rows
    print(report)
