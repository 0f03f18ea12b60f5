"""The store: an address outside this machine (S3-compatible object storage, or whatever fsspec opens).

Add here: how whole files get to and from the address, and what lies there under which name. Keep out: what
is sent when (`pipelines/offsite/`), and what Spark reads there (`warehouse/spark/`).
"""
