"""Telling the right person, once: recipients, selection, messages, outbox, signed links.

Add here: who is told what, when and how. Keep out: what an alert is (`pipelines/alerting/`) and
what people did about it (`pipelines/ledger/`).
"""
