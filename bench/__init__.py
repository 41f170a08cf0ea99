"""The benchmark: rates-api beside its server's ceiling and beside the stacks a user would run.

`python -m bench` from the root of the checkout, or `just bench`. README.md says what is measured
and how; nothing of the services imports this package.
"""
