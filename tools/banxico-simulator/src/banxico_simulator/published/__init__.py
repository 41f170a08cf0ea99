"""What Banxico publishes: `series` has every value, `publication` what of it shows at an instant.

`market` has the days on which a FIX is determined, `changes` what replaces a value, and when.
"""
