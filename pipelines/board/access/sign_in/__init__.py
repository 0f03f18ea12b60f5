"""Signing in at a provider: OpenID Connect, 企业微信, 飞书.

Add here: another provider, one module each. Keep out: what somebody may see (`viewers.py`), the choices of
a browser (`sessions.py`).
"""
