"""The response ledger: every alert episode, what was told to whom, and what people did about it.

Add here: anything that must survive the night and that people write to. Keep out: how a level is
decided (`pipelines/alerting/`) and how a message is worded or sent (`pipelines/notifying/`).
"""
