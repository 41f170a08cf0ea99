"""What a rate is wanted for: the rule, its exception and its source, as people say them.

Which kind counts, and for which day, is the day sheet's `use` (`rates.days`); here are the words.
They are no tax advice, and the page says so.
"""

import dataclasses

from rates_api.pages.language import Language


@dataclasses.dataclass(frozen=True)
class Purpose:
    """A purpose in words: what counts, unless what, by which source; `unless` may be empty."""

    title: str
    rule: str
    unless: str
    source: str


DEFAULT_PURPOSE = "cfdi_invoice"
PURPOSES: dict[str, dict[Language, Purpose]] = {
    "cfdi_invoice": {
        "es": Purpose(
            "Factura (CFDI)",
            "El vigente el día de la factura: el FIX que el DOF publicó el día hábil anterior.",
            "La guía del SAT para el CFDI 4.0 nombra el FIX sin decir de qué día: su política "
            "interna puede ser otra.",
            "CFF, art. 20; RMF y guías de llenado del SAT.",
        ),
        "en": Purpose(
            "Invoice (CFDI)",
            "The rate in force on the day of the invoice: the FIX that the DOF published on the "
            "banking day before.",
            "SAT’s guide for CFDI 4.0 names the FIX and no day: your own policy may differ.",
            "Federal Tax Code (CFF), art. 20; RMF and SAT’s filling guides.",
        ),
    },
    "cfdi_payment": {
        "es": Purpose(
            "Complemento de pago",
            "El vigente el día en que se recibió el pago, no el de la factura.",
            "El SAT fija el día, pero no qué tipo de cambio: su política interna puede ser otra.",
            "RMF y guías de llenado del SAT; por analogía, CFF, art. 20.",
        ),
        "en": Purpose(
            "Payment receipt (CFDI)",
            "The rate in force on the day the payment was received, not the invoice’s.",
            "SAT names the day, not the rate: your own policy may differ.",
            "RMF and SAT’s filling guides; by analogy, Federal Tax Code (CFF), art. 20.",
        ),
    },
    "tax": {
        "es": Purpose(
            "Impuestos",
            "El vigente el día en que se causa el impuesto: el último que el DOF publicó antes de "
            "ese día.",
            "Si compró los dólares, cuenta el tipo de cambio al que los compró.",
            "CFF, art. 20.",
        ),
        "en": Purpose(
            "Taxes",
            "The rate in force on the day the tax is caused: the last one the DOF published before "
            "that day.",
            "If you bought the dollars, the rate at which you bought them counts.",
            "Federal Tax Code (CFF), art. 20.",
        ),
    },
    "obligation": {
        "es": Purpose(
            "Pago de una deuda",
            "El vigente el día en que se paga, para deudas en dólares que se pagan en México.",
            "",
            "Ley Monetaria, art. 8; disposiciones de Banco de México (Circular 3/2012).",
        ),
        "en": Purpose(
            "Payment of a debt",
            "The rate in force on the day of payment, for debts in dollars that are paid in "
            "Mexico.",
            "",
            "Monetary Law (Ley Monetaria), art. 8; Banco de México’s rules (Circular 3/2012).",
        ),
    },
    "exchange_difference": {
        "es": Purpose(
            "Diferencia cambiaria",
            "El vigente el día en que se da la diferencia: es el tope de la pérdida deducible.",
            "",
            "LISR, art. 8.",
        ),
        "en": Purpose(
            "Exchange difference",
            "The rate in force on the day it arises: it caps the loss that is deductible.",
            "",
            "Income Tax Law (LISR), art. 8.",
        ),
    },
    "closing": {
        "es": Purpose(
            "Cierre de mes",
            "Ninguna ley fija uno: lo dice su política contable. Estos son los tres del día.",
            "Para el impuesto, vea la diferencia cambiaria (LISR, art. 8).",
            "Su política contable.",
        ),
        "en": Purpose(
            "Month-end closing",
            "No law names one: your accounting policy does. These are the three of the day.",
            "For tax, see the exchange difference (Income Tax Law, LISR, art. 8).",
            "Your accounting policy.",
        ),
    },
    "contract": {
        "es": Purpose(
            "Contrato",
            "Lo que diga el contrato. Estos son los tres del día.",
            "Si la deuda se paga en México, vea la Ley Monetaria, art. 8.",
            "El contrato; Ley Monetaria, art. 8.",
        ),
        "en": Purpose(
            "Contract",
            "What the contract says. These are the three of the day.",
            "If the debt is paid in Mexico, see the Monetary Law (Ley Monetaria), art. 8.",
            "The contract; Monetary Law (Ley Monetaria), art. 8.",
        ),
    },
}
"""By the codes of `use`, in the order in which they are offered."""
