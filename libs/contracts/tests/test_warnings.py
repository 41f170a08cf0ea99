"""The list of warnings: what each means for caches and for the level."""

from rates_contracts.warnings import WARNINGS


def test_a_warning_shortens_the_life_at_the_edge_unless_it_lasts() -> None:
    """The three warnings that end with a transition or a recording alone are not passing."""
    lasting = {code for code, warning in WARNINGS.items() if not warning.passing}
    assert lasting == {"dates_unconfirmed", "late_publication", "simulated_data"}


def test_what_a_person_must_look_at_does_not_degrade_the_service() -> None:
    """Protocol rules 27 and 31: a withdrawn value and unconfirmed dates warn, the level stays."""
    quiet = {"withdrawn_at_source", "dates_unconfirmed"}
    assert not any(WARNINGS[code].degrades for code in quiet)
    assert all(WARNINGS[code].degrades for code in ("history_loading", "value_under_review"))
