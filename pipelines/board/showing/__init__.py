"""How the board writes: templates, figures, times, the sentences of a card.

Add here: a way of writing that several pages share. Keep out: what is shown (`pages/`), the words
(`pipelines/language/`).
"""
