"""The image's steps as a plain script, and a night as compose.yml asks for it: `make test-image`.

Add here: another thing that must hold in the container. Keep out: what a text can show without building
(`tests/pipelines/upkeep/test_operations_page.py`), and anything for `make test`: this takes minutes.

Where no container engine is to be had. The machine's own files stand in for those of the base image,
below a layer that takes every change and is gone with the namespace. Needs root, on Linux.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
CONTAINER = PROJECT / "deploy" / "container"
# An interpreter that any account may run, as that of the base image.
PYTHON = next((f"/usr/bin/python3{n}" for n in (".13", ".12", ".11") if shutil.which(f"/usr/bin/python3{n}")), None)  # fmt: skip
SAMPLE = ("forewarn", "sample", "/data/sample", "--reps", "4")
ENDED = 0


@pytest.mark.timeout(1800)
@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None or PYTHON is None,
    reason="needs root, unshare and a Python of the machine's own, 3.11 or newer",
)
def test_a_night_in_the_image(tmp_path: Path) -> None:
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", sys.executable, __file__, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=1700,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == ENDED, said[-6000:]
    assert "touch: cannot touch '/opt/forewarn/x'" in said
    assert "touch: cannot touch '/etc/x'" in said
    assert "uid=10001(forewarn)" in said
    assert "Published version 1" in said
    assert "Published version 2" not in said
    assert said.count("nothing has changed since the published version") == 1, said[-3000:]


def main(folder: Path) -> int:
    """Build the image below `folder`, then sample, check, two nights and the doctor; an exit code."""
    _mount("-t", "tmpfs", "tmpfs", folder)
    upper, work, root, data = (folder / name for name in ("upper", "work", "root", "data"))
    for place in (upper, work, root, data):
        place.mkdir()
    _mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", root)
    for name in ("proc", "dev"):
        _mount("--rbind", f"/{name}", root / name)
    python = root / "usr/local/bin/python"
    python.unlink(missing_ok=True)
    python.symlink_to(str(PYTHON))
    image = _built(root)
    shutil.copytree(PROJECT / "config", root / "config", dirs_exist_ok=True)
    _mount("--bind", data, root / "data")
    subprocess.run(["chroot", root, "chown", "forewarn:forewarn", "/data"], check=True)
    data.chmod(0o700)
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")
    compose = yaml.safe_load((CONTAINER / "compose.yml").read_text(encoding="utf-8"))
    asked = compose["services"]["forewarn"]
    assert asked["read_only"] is True
    assert asked["cap_drop"] == ["ALL"]
    assert asked["tmpfs"] == ["/tmp"]  # noqa: S108
    _mount("-o", "remount,ro", root)
    _as_asked(root, image, "sh", "-c", "touch /opt/forewarn/x; touch /etc/x; id")
    for command in (
        SAMPLE,
        ("forewarn", "check"),
        *[("forewarn", "run")] * 2,
        ("forewarn", "doctor"),
    ):
        code = _as_asked(root, image, *command)
        if code != ENDED:
            return code
    return ENDED


def _built(root: Path) -> dict[str, str]:
    """Do what the Containerfile says, in order; the environment that it leaves."""
    lines = re.sub(r"\\\n", "", (CONTAINER / "Containerfile").read_text(encoding="utf-8"))
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    # A mirror is a matter of the machine that builds.
    building = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    place = "/"
    for line in lines.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, rest = line.split(None, 1)
        sys.stdout.write(f"{word} {rest[:90]}\n")
        if word == "WORKDIR":
            place = rest
            (root / rest.strip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            *sources, target = rest.split()
            _copied(sources, root / place.strip("/") / target)
        elif word == "RUN":
            within = ["chroot", str(root), "sh", "-ec", f"cd {place} && {rest}"]
            subprocess.run(within, env={**building, **environment}, check=True)
        elif word == "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", rest):
                environment[name] = value.replace("$PATH", environment["PATH"])
        else:
            assert word in ("FROM", "ARG", "USER", "VOLUME", "ENTRYPOINT", "CMD"), line
    return environment


def _copied(sources: list[str], target: Path) -> None:
    for name in sources:
        source = PROJECT / name
        if source.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "target", "logs")
            shutil.copytree(source, target, ignore=left_out, dirs_exist_ok=True)
        else:
            shutil.copy(source, target / source.name if target.is_dir() else target)


def _as_asked(root: Path, image: dict[str, str], *command: str) -> int:
    """One command as the service runs: its account, no rights beyond, nothing of this environment."""
    sys.stdout.write(f"$ {' '.join(command)}\n")
    sys.stdout.flush()
    account = ["--reuid", "forewarn", "--regid", "forewarn", "--init-groups", "--no-new-privs",
               "--bounding-set=-all", "--inh-caps=-all"]  # fmt: skip
    return subprocess.run(
        ["chroot", str(root), "setpriv", *account, *command],
        env={**image, "HOME": "/data", "FOREWARN_LANG": "en"}, stderr=subprocess.STDOUT, check=False,
    ).returncode  # fmt: skip


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
