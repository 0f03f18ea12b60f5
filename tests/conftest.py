"""Makes `tests/` importable, so that any test can use `simulators` (real servers on loopback).

Add here: nothing but what tests of every folder need. Keep out: fixtures of one part.
"""
