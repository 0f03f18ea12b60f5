"""What is said to a bot in 企业微信, 钉钉 or 飞书, and how it reaches the ledger as a signal.

Add here: another platform, one module each, with its signature and its form of reply. Keep out: what a
signal is (`ledger/signals.py`), notices that go out to chats (`notifying/`).
"""
