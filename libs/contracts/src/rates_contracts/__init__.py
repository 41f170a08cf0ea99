"""rates_contracts."""

__version__ = "1.0.0"
