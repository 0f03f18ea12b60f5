"""The shapes of the company's configuration files, one module per file or family of files.

Add here: a file, a key and what it accepts. Keep out: what is done with it.
"""
