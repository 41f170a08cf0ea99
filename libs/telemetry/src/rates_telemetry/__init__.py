"""Set-up of logs, traces and metrics exposition, without a domain word."""

__version__ = "1.0.0"
