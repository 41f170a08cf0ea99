"""Owns all access to Banxico: asks, records, announces."""

__version__ = "1.0.0"
