"""Protects Banxico and rates-sync from each other: wrappers of one port, a file each.

`chain` defines their order and why, `limits` their numbers. None of them knows how Banxico is
asked.
"""
