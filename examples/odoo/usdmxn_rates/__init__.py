"""Feeds Odoo's currency rates with Banco de México's USD/MXN: `models` says how."""

from . import models

__all__ = ["models"]
