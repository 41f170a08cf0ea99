"""Shows a company's USD/MXN settings in Odoo's settings form."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The settings form; each member is the company's."""

    _inherit = "res.config.settings"

    usdmxn_base_url = fields.Char(related="company_id.usdmxn_base_url", readonly=False)
    usdmxn_kind = fields.Selection(related="company_id.usdmxn_kind", readonly=False)
    usdmxn_allow_simulator = fields.Boolean(
        related="company_id.usdmxn_allow_simulator", readonly=False
    )
    usdmxn_status = fields.Char(related="company_id.usdmxn_status")
