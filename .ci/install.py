"""The pinned packages into the environment that runs this.

    .venv/bin/python .ci/install.py

Add here: what decides where packages come from. Keep out: which packages (`pyproject.toml`,
`requirements.lock`). Standard library only: nothing is installed yet.

uv unpacks them side by side, ten times as fast as pip; it is one of them and comes first, by pip. It
is told what pip is told (addresses, certificate, proxy), so that a company's mirror serves both. Where
uv does not get through, pip installs the same files: either way nothing without its hash.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
_PIP = [sys.executable, "-m", "pip"]
_HASHED = ["--no-deps", "--require-hashes", "--requirement"]


def main() -> int:
    """Exit code of the installer that did it."""
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "uv.txt"
        alone.write_text(entry("uv", LOCK.read_text(encoding="utf-8")), encoding="utf-8")
        first = subprocess.run([*_PIP, "install", "-qq", *_HASHED, str(alone)], check=False)
    if first.returncode == 0:
        arguments, environment = as_pip_is_told(pip_settings())
        done = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "install", "-qq", "--python", sys.executable,
             *arguments, *_HASHED, str(LOCK)],
            check=False, env={**os.environ, **environment},
        )  # fmt: skip
        if done.returncode == 0:
            return 0
    return subprocess.run([*_PIP, "install", "-qq", *_HASHED, str(LOCK)], check=False).returncode


def entry(name: str, lock: str) -> str:
    """The lines of one package in the lock file: its version and hashes."""
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"{LOCK} does not pin {name}. Make it anew with: make lock")
    return found.group()


def pip_settings() -> dict[str, str]:
    """What pip is told, by name: its files first, then the environment, as pip itself ranks them."""
    told = subprocess.run(
        [*_PIP, "config", "list"], check=False, capture_output=True, text=True
    ).stdout
    found: dict[str, str] = {}
    for line in sorted(told.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        if name.split(".")[0] in ("global", "install", ":env:") and value:
            found[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    return found


def as_pip_is_told(settings: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The arguments and environment of uv for what pip is told. Pip looks everywhere, takes the best."""
    arguments = ["--index-strategy", "unsafe-best-match"]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        arguments.append("--no-index")
    if "index-url" in settings:
        arguments += ["--default-index", settings["index-url"]]
    for name, option in (
        ("extra-index-url", "--index"),
        ("find-links", "--find-links"),
        ("trusted-host", "--allow-insecure-host"),
    ):
        for value in settings.get(name, "").split():
            arguments += [option, value]
    environment = {}
    if "cert" in settings:
        environment["SSL_CERT_FILE"] = settings["cert"]
    if "proxy" in settings:
        environment["HTTPS_PROXY"] = environment["HTTP_PROXY"] = settings["proxy"]
    if "timeout" in settings or "default-timeout" in settings:
        environment["UV_HTTP_TIMEOUT"] = settings.get("timeout") or settings["default-timeout"]
    return arguments, environment


if __name__ == "__main__":
    sys.exit(main())
