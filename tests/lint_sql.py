"""sqlfluff's own linting of files that have changed since they last passed it, each file of macros compiled once.

Add here: nothing but what makes the same linting quicker. Keep out: rules (`pyproject.toml`).

    python -m lint_sql [--keep] FOLDER...

Linting all models takes a minute, and what passed once passes again as long as nothing that it depends on
changes: its text, the macros that it uses, the settings, the linter. `linted_sql.txt` beside this file holds a
checksum of all that for every file that passed; a file that has no line there is linted. `--keep` writes
the lines anew (`make format`). Nobody has to: without a line the suite takes longer, and finds the same.
"""

from __future__ import annotations

import gc
import hashlib
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment

PROJECT = Path(__file__).parent.parent
DBT = PROJECT / "dbt_project"
PASSED = PROJECT / "tests" / "linted_sql.txt"

_compile = Environment.compile
_kept: dict[tuple[Any, ...], Any] = {}


def _compiled_once(
    self: Environment, source: Any, name: Any = None, filename: Any = None, *rest: Any
) -> Any:
    key = (type(self), tuple(sorted(self.extensions)), source, name, filename, *rest)
    if not isinstance(source, str):
        return _compile(self, source, name, filename, *rest)
    if key not in _kept:
        _kept[key] = _compile(self, source, name, filename, *rest)
    return _kept[key]


def settings() -> str:
    """All that every file depends on: rules, what rendering takes, versions of what renders and lints."""
    rules = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    told = [DBT / ".sqlfluff", DBT / "dbt_project.yml", *sorted(DBT.glob("sqlfluff_context/*.py"))]
    return "\n".join(
        [
            repr(rules["tool"]["sqlfluff"]),
            *(metadata.version(name) for name in ("sqlfluff", "sqlfluffrs", "jinja2")),
            *(path.read_text(encoding="utf-8") for path in told),
        ]
    )


def macros() -> dict[str, str]:
    """Name of each macro -> the file that defines it."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(DBT.glob("macros/**/*.sql"))]
    return {
        name: text for text in texts for name in re.findall(r"{%-?\s*(?:macro|test)\s+(\w+)", text)
    }


def line_of(path: Path, general: str, defined: dict[str, str]) -> str:
    """The line that says that this file, as it and all that it uses are now, has passed."""
    text = path.read_text(encoding="utf-8")
    used: set[str] = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop())) & defined.keys()
        waiting += {defined[word] for word in words} - used
        used |= {defined[word] for word in words}
    content = "\0".join([general, text, *sorted(used)])
    digest = hashlib.sha256(content.encode()).hexdigest()
    return f"{digest[:32]} {path.relative_to(PROJECT).as_posix()}"


def lint(files: list[Path]) -> int:
    """sqlfluff's own command line; its exit code."""
    from sqlfluff.cli.commands import cli

    Environment.compile = _compiled_once  # type: ignore[method-assign]
    # Trees of segments are all live until their file is done: looking for garbage a tenth as often
    # costs a tenth less in all, and 30 MB.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        cli(["lint", "--disable-progress-bar", *map(str, files)])
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    return 0


def main(arguments: list[str]) -> int:
    """0 if every file in the folders has passed; sqlfluff says what has not."""
    folders = [PROJECT / name for name in arguments if name != "--keep"]
    ignored = DBT / "tests" / "generic"  # as in .sqlfluffignore: rendered into those that use them
    files = sorted(path for folder in folders for path in folder.rglob("*.sql"))
    general, defined = settings(), macros()
    lines = {path: line_of(path, general, defined) for path in files if ignored not in path.parents}
    passed = set(PASSED.read_text(encoding="utf-8").splitlines()) if PASSED.exists() else set()
    if changed := [path for path, line in lines.items() if line not in passed]:
        code = lint(changed)
        if code:
            return code
    if "--keep" in arguments:
        kept = sorted(lines.values(), key=lambda line: line.split(" ")[1])
        PASSED.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
