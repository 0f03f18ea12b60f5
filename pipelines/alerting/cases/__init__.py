"""One cause, one case: its root and symptoms, what drives it, what it costs, what stands behind it.

Add here: another reason why two alerts are one matter, or what a reader wants to see behind one.
Keep out: whether something is off (`judging/`) and sentences (`words/`).
"""
