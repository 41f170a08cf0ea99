"""Answers every request for a rate from memory, fed by the stream."""

__version__ = "1.0.0"
