"""Day by day: a rule over its panels, the states of a warning, its episodes, and who is no case.

Add here: a gate that a verdict passes. Keep out: conditions themselves (`conditions/`), what belongs
together (`cases/`) and sentences (`words/`). `evaluation.py`, one floor up, puts these parts in order.
"""
