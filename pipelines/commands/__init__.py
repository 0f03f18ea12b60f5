"""What each command does, one module per command or family; `pipelines/cli.py` names them."""
