"""How good warnings were: truth, records by rule, false alarms, calibration, backtest, comparisons.

Add here: another figure of how warnings came true. Keep out: what is warned of tonight.
"""
