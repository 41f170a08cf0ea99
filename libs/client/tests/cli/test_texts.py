"""Both languages say the same things."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import usdmxn.cli
from rates_contracts.warnings import WARNINGS as SERVICE_WARNINGS
from support.openapi_examples import golden
from usdmxn.cli.language import Text
from usdmxn.cli.vocabulary import KINDS, LEVELS, PURPOSES, SENTENCES, STATES, WARNINGS

SCHEMAS = golden()["components"]["schemas"]


def texts() -> Iterator[tuple[str, Text]]:
    """Yield each text of the command line with its place."""
    for module in pkgutil.walk_packages(usdmxn.cli.__path__, "usdmxn.cli."):
        for name, value in vars(importlib.import_module(module.name)).items():
            yield from ((f"{module.name}.{name}", text) for text in within(value))


def within(value: Any) -> Iterator[Text]:
    """Yield the texts that a value is or has."""
    match value:
        case Text():
            yield value
        case dict():
            for part in value.values():
                yield from within(part)
        case tuple():
            for part in value:
                yield from within(part)


def test_both_languages_put_the_same_values_in() -> None:
    """A value that one of them leaves out would be lost to half of the readers."""
    different = [
        place
        for place, text in texts()
        if set(re.findall(r"{(\w+)}", text.es)) != set(re.findall(r"{(\w+)}", text.en))
    ]
    assert different == []


def test_the_settlement_rate_has_one_name_in_spanish() -> None:
    """It is «vigente» wherever it is named."""
    assert KINDS["settlement"].es == "tipo de cambio vigente"
    assert [place for place, text in texts() if "para pagos" in text.es.lower()] == []


def known(schema: str, member: str) -> set[str]:
    """Return the values so far of an open enumeration."""
    return set(SCHEMAS[schema]["properties"][member]["x-known-values"])


def test_every_word_of_the_service_has_a_name() -> None:
    """Kinds, purposes, states, levels and warnings."""
    assert set(KINDS) == known("Rate" if "Rate" in SCHEMAS else "DayRate", "kind")
    assert set(PURPOSES) == known("Use", "purpose")
    assert set(STATES) == known("Freshness", "state")
    assert set(LEVELS) == known("CurrentRate", "level")
    assert set(WARNINGS) == set(SERVICE_WARNINGS)


def test_no_sentence_on_what_counts_has_words_of_the_programs() -> None:
    """Whoever keeps books does not read `kind=fix`."""
    said = [part for text in SENTENCES.values() for part in text]
    assert [part for part in said if re.search("[`=]|--", part)] == []


def test_every_sentence_on_what_counts_is_translated() -> None:
    """As the service has them today; a later one is shown in English."""
    sheets = golden()["paths"]["/api/v1/days/{date}"]["get"]["responses"]["200"]["content"]
    uses = sheets["application/json"]["examples"]["sunday"]["value"]["use"]
    said = {use[part] for use in uses for part in ("day", "unless") if use[part]}
    assert said - set(SENTENCES) == set()
