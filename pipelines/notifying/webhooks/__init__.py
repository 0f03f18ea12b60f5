"""Programs that are told: new and changed warnings, posted to addresses of the company, signed.

Add here: what goes to a program of others. Keep out: notices for people (the modules above), and the
outbox itself (`outbox.py`), whose rows, claims and delays these share.
"""
