"""Spark is tested where it is asked for (`make test-spark`): its nights take minutes and need Java.

Add here: what all tests of Spark share. Keep out: the cluster itself (`cluster.py`).
"""

import os

if os.environ.get("FOREWARN_TEST_SPARK") != "1":
    collect_ignore_glob = ["test_*.py"]
