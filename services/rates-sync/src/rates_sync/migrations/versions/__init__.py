"""One module per step, never edited once shipped."""
