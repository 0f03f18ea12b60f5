"""Tests of companies below this folder import what loads and compiles one.

Add here: nothing but the path. Keep out: companies (their folders), what must hold (the tests).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
