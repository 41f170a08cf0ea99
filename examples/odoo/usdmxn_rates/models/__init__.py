"""What Odoo's own models get: `res_company` the settings and the update, the form to set them."""

from . import res_company, res_config_settings

__all__ = ["res_company", "res_config_settings"]
