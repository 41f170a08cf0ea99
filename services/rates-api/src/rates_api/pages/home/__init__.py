"""The page at `/` and `/en`: the rate in force, how good it is, which one goes on an invoice."""
