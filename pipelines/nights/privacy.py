"""Whose files the data folder's are: by default readable by the user of the nightly run alone.

Add here: another right that every process of an installation starts with. Keep out: roles of people
who read figures (the board).
"""

from __future__ import annotations

import os
import re

VARIABLE = "FOREWARN_UMASK"


def keep_files_private() -> None:
    """Whatever this process and its children write from now on gets 0600 and 0700.

    Figures and answers of people lie in the data folder. FOREWARN_UMASK opens it, such as 027 for a
    BI tool that runs in the same group. Raises `ConfigurationError` for anything but octal digits.
    """
    given = os.environ.get(VARIABLE) or "077"
    if not re.fullmatch(r"0?[0-7]{3}", given):
        # Here, since every command comes by and most need none of the configuration.
        from pipelines.configuration.problems import ConfigurationError, Problem

        accepted = "three octal digits, such as 077 or 027"
        raise ConfigurationError([Problem(VARIABLE, "", repr(given), accepted)])
    os.umask(int(given, 8))
