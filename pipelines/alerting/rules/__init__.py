"""What a rule is, how it is read from `alert_rules.yml`, how rules speak to each other, better limits.

Add here: a key of a rule. Keep out: a condition (`conditions/`) and its evaluation (`judging/`).
"""
