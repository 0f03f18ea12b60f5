"""Evidence in the present tense: is a figure off now, since when, and by how much.

Add here: parts of the two-state filter and of its yardstick. Keep out: what a rule file may say
(`conditions/`), laws of levels (`judging/states.py`), and sentences.
"""
