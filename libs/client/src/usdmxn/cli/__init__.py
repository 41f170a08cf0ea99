"""The command line `usdmxn`: rates for people, in Spanish and English, and for scripts by `--json`.

`main` chooses the language, runs a command and turns each expected failure into a sentence and an
exit code. A module is a command or two with the texts that they say, in both languages side by
side; `language`, `vocabulary`, `arguments`, `output` and `failures` are what they share.
"""
