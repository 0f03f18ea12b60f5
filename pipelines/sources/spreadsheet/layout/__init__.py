"""Where the table stands on its sheet: the heading row, what each heading means, the body.

Add here: one more way in which people lay a table out.
Keep out: bytes (`formats/`), values (`values/`), rows (`lists/`, `targets/`).
"""
