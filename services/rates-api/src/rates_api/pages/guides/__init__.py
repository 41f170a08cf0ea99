"""The guides: how the rates are used, by task; a Markdown file for each guide and language."""
