"""The store is tested with a real server where it is asked for (`make test-store`).

Add here: what all of its tests share. Keep out: the server itself (`s3_server.py`).
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "nightly"))

PROGRAM = os.environ.get("FOREWARN_TEST_STORE")
if not PROGRAM:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    import s3fs
    from s3_server import BUCKET, S3Server

    assert PROGRAM
    made = S3Server(PROGRAM, tmp_path_factory.mktemp("s3") / "server.log")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        made.start()
        try:
            s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
            yield made
        finally:
            made.stop()
