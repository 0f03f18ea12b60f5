"""The board: pages that people open in the morning, read from the published copy and the ledger.

Add here: a page (`pages/`), what it reads (`reading/`), who may see it (`access/`), how it looks
(`templates/`, `static/`, `charts/`). Keep out: how a figure comes about (dbt), what an answer does to a
warning (`pipelines/ledger/`), and every word (`pipelines/language/`).
"""
