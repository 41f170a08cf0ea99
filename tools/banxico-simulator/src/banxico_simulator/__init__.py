"""Speaks the contract of Banco de México's SIE API over the real FIX."""

__version__ = "1.0.0"
