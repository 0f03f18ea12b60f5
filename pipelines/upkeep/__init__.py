"""Keeping an installation alive for years: backups, and whether all is well.

Add here: something an administrator does or asks between the nights. Keep out: the night itself
(`assets/`, `nights/`), and what sources or figures say (`forewarn check`, `quality/`).
"""
