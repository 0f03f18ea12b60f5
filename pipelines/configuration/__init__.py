"""The shapes of the company's configuration files, one module per file or family of files."""
