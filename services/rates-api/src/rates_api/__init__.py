"""rates_api."""

__version__ = "1.0.0"
