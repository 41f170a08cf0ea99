"""Set-up of logs, traces and metrics exposition; it knows nothing of rates."""

__version__ = "1.0.0"

TRACE_SHARE = 0.1
"""The share of traces that is kept where no setting says otherwise: X-Ray is paid by the trace."""
