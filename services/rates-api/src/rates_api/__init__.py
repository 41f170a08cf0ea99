"""Answers every request for a rate from memory; the stream keeps the memory up to date."""

__version__ = "1.0.0"
