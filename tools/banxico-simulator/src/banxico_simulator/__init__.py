"""banxico_simulator."""

__version__ = "1.0.0"
