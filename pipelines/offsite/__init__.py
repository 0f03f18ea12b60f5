"""Off site: what of an installation lies at the store's address too, and comes back from there.

Add here: what is sent, when it counts, and how it is fetched again. Keep out: how files get to an address
(`pipelines/store/`), and readers of it.
"""
