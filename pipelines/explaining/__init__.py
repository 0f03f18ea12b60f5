"""Explaining a figure: its definition, the records that count, where each came from, what was left out.

Add here: another kind of figure that can be taken apart. Keep out: how a figure is made
(`dbt_project/`) and how an explanation is printed (`commands/explaining.py`).

No figure is explained by a second computation. The SQL that made it is cut before its last sum, so
the records that come out are the ones that went in.
"""
