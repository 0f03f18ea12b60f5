"""A published installation with loads, and an address on this machine's file system for its store.

Add here: what tests of the mirror share. Keep out: what must hold. A real S3 server is in `tests/store/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from offsite_site import load, published

from pipelines.settings import Settings
from pipelines.store.address import STORE, Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    address = f"file://{tmp_path}/bucket/prefix"
    monkeypatch.setenv(STORE, address)
    return Store(address)


@pytest.fixture
def site(settings: Settings, store: Store) -> Settings:
    settings.data_dir.mkdir(mode=0o700)
    load(settings, 1)
    published(settings)
    return settings
