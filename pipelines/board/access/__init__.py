"""Who asks, and whether a request may be believed: roles, proxy, sessions, forged posts.

Add here: a way of telling who somebody is. Keep out: which rows they may see (`reading/slicing.py`).
"""
