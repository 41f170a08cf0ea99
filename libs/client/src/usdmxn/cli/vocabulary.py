"""What kinds, purposes, warnings and the law's words are called, in both languages.

The service's enumerations are open: what is not listed here is shown as the service says it.
"""

from collections.abc import Iterable

from usdmxn.answers import Use
from usdmxn.cli.language import Language, Text

KINDS = {
    "settlement": Text("tipo de cambio vigente", "settlement rate"),
    "fix": Text("FIX", "FIX"),
    "dof": Text("tipo de cambio publicado en el DOF", "rate published in the DOF"),
}

PURPOSES = {
    "cfdi_invoice": Text("una factura (CFDI)", "an invoice (CFDI)"),
    "cfdi_payment": Text("un complemento de pago", "a payment receipt (CFDI)"),
    "tax": Text("impuestos", "taxes"),
    "obligation": Text("el pago de una deuda", "the payment of a debt"),
    "exchange_difference": Text("una diferencia cambiaria", "an exchange difference"),
    "closing": Text("el cierre de mes", "the month-end closing"),
    "contract": Text("un contrato", "a contract"),
}
"""As they stand behind the word "for"."""

LAWS = {
    "cfdi_invoice": Text("CFF, art. 20", "Federal Tax Code (CFF), art. 20"),
    "cfdi_payment": Text(
        "RMF y guía del SAT para el complemento de pagos; por analogía, CFF, art. 20",
        "RMF and SAT's guide for payment receipts; by analogy, Federal Tax Code (CFF), art. 20",
    ),
    "tax": Text("CFF, art. 20", "Federal Tax Code (CFF), art. 20"),
    "obligation": Text("Ley Monetaria, art. 8", "Monetary Law, art. 8"),
    "exchange_difference": Text("LISR, art. 8", "Income Tax Law (LISR), art. 8"),
}
"""The source of what counts for a purpose."""

SENTENCES = {
    "the day on which the tax is caused": Text(
        "el día en que se causa el impuesto", "the day on which the tax is caused"
    ),
    "the dollars were bought: then the rate at which they were": Text(
        "si los dólares se compraron, vale el tipo de cambio al que se compraron",
        "the dollars were bought: then the rate at which they were",
    ),
    "the day of payment": Text("el día del pago", "the day of payment"),
    "the day of the invoice": Text("el día de la factura", "the day of the invoice"),
    "SAT's schema and guide for CFDI 4.0 name the FIX and no day: your policy may be "
    "`kind=fix`": Text(
        "la guía del SAT para el CFDI 4.0 nombra el FIX sin decir de qué día: su política interna "
        "puede ser otra",
        "SAT's guide for CFDI 4.0 names the FIX and no day: your own policy may differ",
    ),
    "the day of the payment, not the invoice's": Text(
        "el día del pago, no el de la factura", "the day of the payment, not the invoice's"
    ),
    "SAT names the day, not the rate": Text(
        "el SAT fija el día, pero no qué tipo de cambio: su política interna puede ser otra",
        "SAT names the day, not the rate: your own policy may differ",
    ),
    "the day on which it arises; it caps the loss that is deductible": Text(
        "el día en que se da; es el tope de la pérdida deducible",
        "the day on which it arises; it caps the loss that is deductible",
    ),
    "your accounting policy": Text("lo que diga su política contable", "your accounting policy"),
    "what it says; where it is silent, as an obligation": Text(
        "lo que diga el contrato; para una deuda que se paga en México, vea Ley Monetaria, art. 8",
        "what it says; for a debt payable in Mexico see Monetary Law (Ley Monetaria), art. 8",
    ),
}
"""The service's sentences on what counts when."""

WARNINGS = {
    "past_usable_until": Text(
        "han faltado tres publicaciones: el último valor ya no puede pasar por actual",
        "three publications have been missed: the last value no longer passes as current",
    ),
    "unverified": Text(
        "Banco de México no ha confirmado los valores recientemente: puede haber uno más nuevo",
        "Banco de México has not confirmed the values lately: there may be a newer one",
    ),
    "value_under_review": Text(
        "se publicó un valor que se está revisando y que no aparece aquí",
        "a value was published that is being checked first; it is not shown here",
    ),
    "history_loading": Text(
        "la historia todavía se está cargando: faltan días",
        "the history is still being loaded: days are missing",
    ),
    "breaker_open": Text(
        "Banco de México no responde; se le volverá a preguntar en un rato",
        "Banco de México fails to answer and is not asked for a while",
    ),
    "breaker_half_open": Text(
        "Banco de México falló y se le está preguntando de nuevo",
        "Banco de México has failed and is being tried again",
    ),
    "not_fed_by_redis": Text(
        "los cambios llegan unos segundos más tarde que de costumbre",
        "changes arrive some seconds later than usual",
    ),
    "withdrawn_at_source": Text(
        "Banco de México ya no publica un valor que se usa aquí: consúltelo con él antes de usarlo",
        "Banco de México no longer publishes a value that is used here: check it there first",
    ),
    "clock_suspect": Text(
        "un reloj del servicio no coincide con los demás: desconfíe de las horas",
        "a clock of the service disagrees with others: don't rely on the times",
    ),
    "dates_unconfirmed": Text(
        "no se puede confirmar en qué día se determinó el tipo de cambio; su valor es el publicado",
        "the day on which the rate was determined can't be confirmed; its value is as published",
    ),
    "late_publication": Text(
        "el FIX de hoy va retrasado: Banco de México todavía no lo publica",
        "the day's FIX is late: Banco de México has not published it yet",
    ),
    "simulated_data": Text(
        "DATOS SIMULADOS: no son de Banco de México, no los use en su contabilidad",
        "SIMULATED DATA: not Banco de México's, never use them in your books",
    ),
}
SIMULATED = "simulated_data"
SIMULATOR = "simulator"
"""The warning of simulated values, and the source that says the same."""

STATES = {
    "fresh": Text("al día", "up to date"),
    "closed_day": Text("al día; hoy es inhábil bancario", "up to date; banks are closed today"),
    "awaiting_publication": Text("en espera del FIX de hoy", "awaiting today's FIX"),
    "late": Text("el FIX de hoy va retrasado", "today's FIX is late"),
    "unverified": Text("sin confirmar por Banco de México", "not confirmed by Banco de México"),
}

LEVELS = {
    "healthy": Text("en orden", "healthy"),
    "degraded": Text("con avisos", "degraded"),
    "limited": Text("sólo días pasados", "past days only"),
    "critical": Text("sin datos", "no data"),
}


def name(words: dict[str, Text], code: str, lang: Language) -> str:
    """Return what a code is called, itself if it has no name here."""
    return words[code].to(lang) if code in words else code


def sentence(said: str, lang: Language) -> str:
    """Return a sentence of the service's in a language, as it is where it is not known here."""
    return name(SENTENCES, said, lang)


def law(use: Use, lang: Language) -> str | None:
    """Return the source of what counts for a purpose, as the service says it if not known here."""
    return name(LAWS, use.purpose, lang) if use.purpose in LAWS else use.source


def is_simulated(warnings: Iterable[str], *sources: str) -> bool:
    """Tell whether values are a simulator's."""
    return SIMULATED in warnings or SIMULATOR in sources
