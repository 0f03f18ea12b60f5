"""Figures as the judgement needs them: panels of one metric, their season, and the tree of scopes.

Add here: another way of arranging figures before they are judged, or a fact about scopes (who lies
above whom, how many people). Keep out: what is off (`conditions/`, `judging/`) and reading tables.
"""
