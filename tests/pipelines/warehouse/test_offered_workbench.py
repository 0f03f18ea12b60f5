"""The analysts' copy of a night costs nothing where nobody has one."""

from __future__ import annotations

from pathlib import Path

from pipelines.settings import Settings
from pipelines.warehouse.workbench import offer_workbench, refresh_workbench, workbench_path


def test_only_a_workbench_that_is_there_is_renewed(settings: Settings, tmp_path: Path) -> None:
    loaded, built, other = (tmp_path / name for name in ("loaded", "built", "other"))
    for path in (loaded, built, other):
        path.write_text(path.name)
    offer_workbench(settings, built, first=False)
    assert not workbench_path(settings).exists()
    # What the first night leaves to mend its models with goes once it is published.
    refresh_workbench(settings, loaded)
    offer_workbench(settings, built, first=True)
    assert not workbench_path(settings).exists()
    refresh_workbench(settings, built)
    offer_workbench(settings, other, first=False)
    assert workbench_path(settings).read_text() == "other"
