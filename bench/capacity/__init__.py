"""Plans the fleet of rates-api on AWS: a simulation in steps of a second, from measured rates.

Start in `simulate`; `__main__` is the command; `docs/capacity.md` is written from its output.
"""
