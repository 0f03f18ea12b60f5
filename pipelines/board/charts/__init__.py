"""Charts of the board as Vega-Lite specifications, drawn to SVG that follows light and dark.

Add here: a chart. Keep out: where its figures come from (`reading/`).
"""
