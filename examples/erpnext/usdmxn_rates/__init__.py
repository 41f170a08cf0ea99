"""Feeds ERPNext's Currency Exchange records with Banco de México's USD/MXN, by a scheduled job."""

__version__ = "1.0.0"
