"""What codes mean, in words for people: levels, states, warnings, problems, both languages beside
each other.

The lists of warnings and problems are open: a code without words here gets the contracts' own.
"""

from rates_api.pages.language import Language
from rates_contracts.answers import Level
from rates_contracts.status import FreshnessState
from rates_contracts.warnings import WARNINGS

Said = dict[Language, str]

LEVELS: dict[Level, Said] = {
    "healthy": {"es": "Todo en orden", "en": "All is well"},
    "degraded": {"es": "Con reservas", "en": "With reservations"},
    "limited": {
        "es": "Ningún valor puede pasar por vigente",
        "en": "No value can pass as current",
    },
    "critical": {"es": "Sin datos", "en": "No data"},
}
STATES: dict[FreshnessState, Said] = {
    "fresh": {
        "es": "Lo que ve es lo más reciente que hay.",
        "en": "What you see is the newest there is.",
    },
    "awaiting_publication": {
        "es": "El FIX de hoy puede publicarse en cualquier momento.",
        "en": "Today’s FIX may be published at any moment.",
    },
    "closed_day": {
        "es": "Hoy no hay FIX: los bancos están cerrados.",
        "en": "There is no FIX today: banks are closed.",
    },
    "late": {
        "es": "El FIX se ha retrasado: Banco de México responde, pero todavía no lo publica.",
        "en": "The FIX is late: Banco de México answers, and has not published it yet.",
    },
    "unverified": {
        "es": "Banco de México no ha confirmado estos valores: puede haber uno más reciente.",
        "en": "Banco de México has not confirmed these values: there may be a newer one.",
    },
}
WARNED: dict[str, Said] = {
    "past_usable_until": {
        "es": "Van tres publicaciones sin confirmar: el último valor ya no puede usarse como "
        "actual.",
        "en": "Three publications have been missed: the last value no longer passes as current.",
    },
    "unverified": {
        "es": "No hemos podido preguntar a Banco de México, o no confirma los valores.",
        "en": "We could not ask Banco de México, or it does not confirm the values.",
    },
    "value_under_review": {
        "es": "Banco de México publicó un valor poco probable: se revisa antes de mostrarlo.",
        "en": "Banco de México has published an unlikely value: it is checked before it is shown.",
    },
    "history_loading": {
        "es": "El historial todavía se está cargando: faltan días anteriores.",
        "en": "The history is still being loaded: earlier days are missing.",
    },
    "breaker_open": {
        "es": "Banco de México ha fallado varias veces: esperamos antes de volver a preguntar.",
        "en": "Banco de México has failed repeatedly: we wait before we ask again.",
    },
    "breaker_half_open": {
        "es": "Banco de México falló varias veces: estamos probando de nuevo.",
        "en": "Banco de México has failed repeatedly: we are trying again.",
    },
    "not_fed_by_redis": {
        "es": "Los cambios llegan con algunos segundos de retraso.",
        "en": "Changes arrive some seconds later than usual.",
    },
    "withdrawn_at_source": {
        "es": "Banco de México ya no publica un valor que se usa aquí: verifíquelo en su sitio.",
        "en": "Banco de México no longer publishes a value that is used here: check it there.",
    },
    "clock_suspect": {
        "es": "Uno de nuestros relojes no coincide con los demás: compare las horas con el suyo.",
        "en": "One of our clocks disagrees with others: compare the times with your own.",
    },
    "dates_unconfirmed": {
        "es": "No se sabe con certeza de qué día es el FIX de este valor; el valor es el "
        "publicado.",
        "en": "Which day’s FIX this value is can’t be told for certain; the value is as published.",
    },
    "late_publication": {
        "es": "Pasan de las 13:00 de un día hábil bancario sin su FIX.",
        "en": "13:00 of a banking day has passed without its FIX.",
    },
    "simulated_data": {
        "es": "Los valores vienen de un simulador: no son de Banco de México.",
        "en": "The values come from a simulator: they are not Banco de México’s.",
    },
}
PROBLEMS: dict[str, Said] = {
    "no-current-rate": {
        "es": "Ningún tipo de cambio puede pasar por vigente en este momento.",
        "en": "No rate can pass as the current one at the moment.",
    },
    "before-first-observation": {
        "es": "No hay valores tan antiguos: el primer FIX es del 12 de noviembre de 1991.",
        "en": "There are no values that old: the first FIX is of 12 November 1991.",
    },
    "not-yet-known": {
        "es": "El tipo de cambio de ese día todavía no se conoce.",
        "en": "The rate of that day is not known yet.",
    },
    "not-yet-published": {
        "es": "El FIX de ese día todavía no se publica.",
        "en": "The FIX of that day is not published yet.",
    },
    "under-review": {
        "es": "El valor que Banco de México publicó para ese día se está revisando.",
        "en": "The value that Banco de México published for that day is being checked.",
    },
    "history-loading": {
        "es": "El historial todavía se está cargando; ese día aún no se conoce.",
        "en": "The history is still being loaded; that day is not known yet.",
    },
    "gap": {
        "es": "Banco de México no tiene valor para ese día, aunque sí para otros posteriores.",
        "en": "Banco de México has no value for that day, though it has later ones.",
    },
    "not-verified": {
        "es": "Ese día ya debería tener valor, pero Banco de México no ha respondido desde "
        "entonces.",
        "en": "That day should have a value by now, and Banco de México has not been heard since.",
    },
}


def warning(code: str, language: Language) -> str:
    """Return what a warning means; a new one's in the contracts' words."""
    known = WARNED.get(code)
    if known is not None:
        return known[language]
    return WARNINGS[code].explanation if code in WARNINGS else code


def problem(code: str, language: Language) -> str:
    """Return why there is no value; a new one's code."""
    return PROBLEMS.get(code, {}).get(language, code)
