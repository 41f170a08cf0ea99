"""`watch` tells what is recorded, as it is recorded."""

import json
from typing import Any

import httpx

from support.command_line import EXAMPLES, Run, Service, recorded
from usdmxn.cli.failures import CANNOT_SAY

FIX, SETTLEMENT = (EXAMPLES[f"current_200_{kind}"].value for kind in ("fix", "settlement"))
STATE = {
    "current": {"fix": FIX, "settlement": SETTLEMENT},
    "level": "healthy",
    "freshness": FIX["freshness"],
}
CHANGE = {
    "kind": "fix",
    "date": "2026-08-14",
    "rate": "17.0218",
    "revision": 1,
    "recorded_at": "2026-08-14T18:01:07Z",
    "replaces": None,
}
CORRECTED = (
    "14 ago 2026, 12:01 (hora de CDMX)  FIX del vie 14 ago 2026: 17.0219, en vez de 17.0218 "
    "(corrección)"
)
CORRECTION = {**CHANGE, "rate": "17.0219", "revision": 2, "replaces": "17.0218"}


def stream(*messages: tuple[str, Any]) -> httpx.Response:
    """Return a stream that ends after its messages."""
    text = "".join(f"event: {event}\ndata: {json.dumps(data)}\n\n" for event, data in messages)
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


def watched(run: Run, service: Service, *messages: tuple[str, Any], options: str = "") -> str:
    """Return what is printed of a stream, after which the service is another one."""
    service.answers["/api/v1/stream"] = stream(*messages)
    service.then["/api/v1/stream"] = recorded("problem_page_404_unknown")
    ran = run("watch", *options.split())
    assert ran.code == CANNOT_SAY
    return ran.out


def test_the_state_comes_first_then_each_change(run: Run, service: Service) -> None:
    """A correction names the rate that it replaces."""
    messages = (("state", STATE), ("change", [CHANGE]), ("change", [CORRECTION]))
    assert watched(run, service, *messages, options="--lang es").splitlines()[:5] == [
        "Vigente hoy, vie 14 ago 2026: 17.0627",
        "Último FIX, jue 13 ago 2026: 17.0530",
        "Estado: al día; servicio en orden",
        "14 ago 2026, 12:01 (hora de CDMX)  FIX del vie 14 ago 2026: 17.0218",
        CORRECTED,
    ]


def test_what_is_old_is_never_shown_as_new(run: Run, service: Service) -> None:
    """A lost connection, changes that were not sent, a rate that can't be said."""
    messages = (
        ("state", {**STATE, "current": {"fix": None, "settlement": None}}),
        ("level", {"level": "limited", "warnings": ["past_usable_until"]}),
        ("reset", {"reason": "restored"}),
    )
    said = watched(run, service, *messages)
    assert "In force today: can't be said at the moment" in said
    assert "Service: past days only" in said
    assert "WARNING: three publications have been missed" in said
    assert "There are changes that were not shown" in said
    assert "Not connected: what is above may be old" in said


def test_a_state_is_said_again_only_where_it_differs(run: Run, service: Service) -> None:
    """Not where it was verified once more; a warning, a level or a lost connection is told."""
    verified = {**STATE, "freshness": {**FIX["freshness"], "verified_at": "2026-08-14T16:10:00Z"}}
    warned = {**STATE, "warnings": ["late_publication"]}
    again = watched(run, service, ("state", STATE), ("state", verified))
    assert again.count("In force today") == 1
    for other in (warned, {**STATE, "level": "degraded"}):
        differing = watched(run, service, ("state", STATE), ("state", other))
        assert differing.count("In force today") == 2
    after = watched(run, service, ("state", STATE), ("reset", {"reason": "x"}), ("state", STATE))
    assert after.count("In force today") == 2


def test_programs_get_a_line_an_event(run: Run, service: Service) -> None:
    """Each is JSON by itself."""
    lines = watched(run, service, ("state", STATE), ("change", [CHANGE]), options="--json")
    state, change, disconnected = map(json.loads, lines.splitlines())
    assert state["current"]["fix"]["rate"] == "17.0530"
    assert change["changes"][0]["rate"] == "17.0218"
    assert [event["event"] for event in (state, change, disconnected)] == [
        "state",
        "change",
        "disconnected",
    ]


def test_once_ends_with_the_first_change(run: Run, service: Service) -> None:
    """What follows on the command line is told of it: the command has done what it was asked."""
    messages = (("state", STATE), ("change", [CHANGE]), ("change", [CORRECTION]))
    service.answers["/api/v1/stream"] = stream(*messages)
    ran = run("watch", "--once", "--lang", "es")
    assert (ran.code, ran.out.splitlines()[-1]) == (
        0,
        "14 ago 2026, 12:01 (hora de CDMX)  FIX del vie 14 ago 2026: 17.0218",
    )


def test_a_simulator_is_named(run: Run, service: Service) -> None:
    """In every state that it sends."""
    said = watched(run, service, ("state", {**STATE, "warnings": ["simulated_data"]}))
    assert "SIMULATED DATA" in said


def test_once_ends_with_a_fix_that_came_while_not_connected(run: Run, service: Service) -> None:
    """The stream tells nothing of it but the next state: whoever waits is not left waiting."""
    later = {**FIX, "date": "2026-08-14", "rate": "17.0218"}
    later["provenance"] = {**FIX["provenance"], "recorded_at": "2026-08-14T18:01:07Z"}
    news = {**STATE, "current": {"fix": later, "settlement": SETTLEMENT}}
    service.answers["/api/v1/stream"] = stream(("state", STATE), ("state", STATE), ("state", news))
    ran = run("watch", "--once")
    assert (ran.code, "17.0218" in ran.out) == (0, True)
