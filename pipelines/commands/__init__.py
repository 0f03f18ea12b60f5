"""What each command does, one module per command or family; `pipelines/cli.py` names them.

Add here: a command. Keep out: what a step of the night or a page also does (its own room).
"""
