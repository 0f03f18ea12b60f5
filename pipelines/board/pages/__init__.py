"""One module per page: what it is asked for, what it reads, which template shows it.

Add here: a page. Keep out: SQL (`reading/`), layout (`templates/`), rights (`access/`, `reading/`).
"""
