"""The command line, against an instance that answers as the internal port does."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rates_sync.cli import main

TOKEN = "operator-of-the-tests"
HEALTH = {
    "series": {
        "SF43718": {
            "verified_at": "2026-08-13T16:00:00Z",
            "complete_from": "1991-11-12",
            "unconfirmed_since": None,
            "under_review": ["2026-08-13"],
            "withdrawn": [],
        }
    },
    "status": "healthy",
    "role": "leader",
    "leader": "host/1/ab",
    "verified_at": None,
    "quota": {"limit": 1000, "used": 7, "left": 993},
    "head": {"timeline": 1, "position": 4},
}


@dataclass
class FakeInstance:
    """Answers with what is set, and keeps what it was asked."""

    status: int = 200
    body: str = "{}"
    asked: list[tuple[str, str, Any, str | None]] = field(default_factory=list)


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInstance]:
    """An instance on a free port, which the environment names."""
    fake = FakeInstance()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            self._answer(json.loads(self.rfile.read(length)))

        def _answer(self, body: Any) -> None:
            fake.asked.append((self.command, self.path, body, self.headers["authorization"]))
            self.send_response(fake.status)
            self.end_headers()
            self.wfile.write(fake.body.encode())

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("RATES_SYNC_PORT", str(server.server_port))
    monkeypatch.setenv("RATES_SYNC_OPERATOR_TOKEN", TOKEN)
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_status_shows_the_health(instance: FakeInstance) -> None:
    """A line for each thing that `/health` says."""
    instance.body = json.dumps(HEALTH)
    result = _run("status")
    assert result.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in result.output.splitlines())
    assert (lines["role"], lines["head"]) == ("leader", "1-4")
    assert lines["quota"] == "7 of 1000 requests"
    assert lines["SF43718"] == (
        "verified 2026-08-13T16:00:00Z; complete from 1991-11-12; under review: 2026-08-13"
    )


def test_sync_asks_with_the_token(instance: FakeInstance) -> None:
    """The token of the environment goes along; the outcome is printed."""
    instance.body = json.dumps(
        {"outcome": "success", "new": 2, "corrections": 1, "set_aside": 0, "next_cycle_at": None}
    )
    result = _run("sync")
    assert result.output == "success: 2 new, 1 corrected, 0 set aside\n"
    assert instance.asked == [("POST", "/internal/v1/sync", {}, f"Bearer {TOKEN}")]


def test_failed_sync_fails_the_command(instance: FakeInstance) -> None:
    """Scripts see by the exit status that Banxico did not answer."""
    instance.body = json.dumps({"outcome": "html", "new": 0, "corrections": 0, "set_aside": 0})
    assert _run("sync").exit_code == 1


def test_backfill_sums_its_chunks(instance: FakeInstance) -> None:
    """The range is sent; the sum of all lines is printed."""
    chunk = {"of": 2, "new": 3, "corrections": 1, "set_aside": 1}
    instance.body = "".join(json.dumps({"done": n, **chunk}) + "\n" for n in (1, 2))
    result = _run("backfill", "--from", "2020-01-01", "--to", "2026-01-01")
    assert result.output.endswith("6 new, 2 corrected, 2 set aside\n")
    assert instance.asked[0][2] == {"from": "2020-01-01", "to": "2026-01-01"}


def test_history_is_accepted_as_recorded(instance: FakeInstance) -> None:
    """Both days go to the instance; its answer is told."""
    instance.body = '{"from": "2009-03-03", "to": "2009-03-31", "accepted": true}'
    result = _run("history", "accept", "2009-03-03", "2009-03-31")
    assert (result.exit_code, result.output) == (
        0,
        "2009-03-03 to 2009-03-31 is accepted as it is recorded\n",
    )
    (asked,) = instance.asked
    assert asked[1:3] == (
        "/internal/v1/history/accept",
        {"from": "2009-03-03", "to": "2009-03-31"},
    )


def test_backfill_that_breaks_off_fails(instance: FakeInstance) -> None:
    """A problem as the last line is the command's error."""
    instance.body = json.dumps({"code": "breaker-open", "detail": "the breaker is open"}) + "\n"
    result = _run("backfill", "--to", "2026-01-01")
    assert (result.exit_code, "the breaker is open" in result.output) == (1, True)


def test_closure_needs_its_reason(instance: FakeInstance) -> None:
    """Without a reason nothing is sent; with one the day is closed."""
    assert _run("close-day", "2026-08-14").exit_code == 2
    assert instance.asked == []
    instance.body = json.dumps({"date": "2026-08-14", "reason": "decree", "closed": True})
    assert _run("close-day", "2026-08-14", "--reason", "decree").exit_code == 0
    assert _run("close-day", "2026-08-14", "--reason", "decree", "--confirm").exit_code == 0
    body = {"date": "2026-08-14", "reason": "decree"}
    assert [asked[2] for asked in instance.asked] == [
        {**body, "confirm": False},
        {**body, "confirm": True},
    ]


def test_closure_is_undone(instance: FakeInstance) -> None:
    """Protocol rule 29: the day and the reason are sent; what was answered is printed."""
    instance.body = json.dumps({"date": "2026-08-14", "reason": "mistake", "closed": False})
    result = _run("reopen-day", "2026-08-14", "--reason", "mistake")
    assert result.output == "2026-08-14 is a banking day again: mistake\n"
    asked = ("POST", "/internal/v1/reopen-day", {"date": "2026-08-14", "reason": "mistake"})
    assert instance.asked == [(*asked, f"Bearer {TOKEN}")]


ROW = {
    "id": "0123456789abcdef",
    "series": "SF43718",
    "date": "2026-08-13",
    "raw": "20.0000",
    "kind": "suspicious",
    "reason": "moved more than 10 % from 17.0530",
    "first_seen": "2026-08-13T18:05:00Z",
    "last_seen": "2026-08-13T18:10:00Z",
}


def test_quarantine_is_listed(instance: FakeInstance) -> None:
    """Each value is a line: the ID to decide by, the day, the value, why and since when."""
    instance.body = json.dumps([ROW])
    assert _run("quarantine", "list").output == (
        "0123456789ab  SF43718  2026-08-13 20.0000"
        "  (moved more than 10 % from 17.0530; since 2026-08-13T18:05:00Z)\n"
    )


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_quarantine_is_decided(instance: FakeInstance, decision: str) -> None:
    """The ID goes along as given; what was decided is printed."""
    instance.body = json.dumps([ROW])
    result = _run("quarantine", decision, "0123456789ab")
    assert result.output.startswith(f"{decision}ed: 0123456789ab  SF43718")
    assert instance.asked[0][1:3] == (
        "/internal/v1/quarantine",
        {"id": "0123456789ab", "decision": decision},
    )


def test_withdrawal_is_settled(instance: FakeInstance) -> None:
    """The day's series are named."""
    instance.body = json.dumps({"decision": "keep", "days": [["SF43718", "2026-08-12"]]})
    assert _run("withdrawal", "keep", "2026-08-12").output == "SF43718 of 2026-08-12: keep\n"
    assert instance.asked[0][2] == {"date": "2026-08-12", "decision": "keep"}


def test_problem_is_the_commands_error(instance: FakeInstance) -> None:
    """A refusal prints its detail and each wrong parameter, without a traceback."""
    instance.status = 422
    error = {"parameter": "to", "reason": "must not lie before from", "allowed": "later"}
    instance.body = json.dumps({"detail": "The range can't be asked for.", "errors": [error]})
    result = _run("backfill", "--from", "2026-01-02", "--to", "2026-01-01")
    assert result.exit_code == 1
    assert "to: must not lie before from (allowed: later)" in result.output


def test_nobody_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an instance the command says where it looked."""
    monkeypatch.setenv("RATES_SYNC_PORT", "1")
    result = _run("status")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "http://127.0.0.1:1" in result.output


def test_wrong_environment_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is no number is named, with exit status 2."""
    monkeypatch.setenv("RATES_SYNC_PORT", "many")
    result = _run("status")
    assert (result.exit_code, "RATES_SYNC_PORT" in result.output) == (2, True)


@pytest.mark.parametrize("token", ["hunter2\u00e9", "hunter2 hunter2"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """The client's error would quote it."""
    monkeypatch.setenv("RATES_SYNC_OPERATOR_TOKEN", token)
    ended = CliRunner().invoke(main, ["status"])
    assert ended.exit_code == 2
    assert "RATES_SYNC_OPERATOR_TOKEN: must be printable ASCII" in ended.output
    assert "hunter2" not in ended.output


def test_an_address_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host name can't have a blank."""
    monkeypatch.setenv("RATES_SYNC_HOST", "a b")
    ended = CliRunner().invoke(main, ["status"])
    assert ended.exit_code == 1
    assert ended.output.startswith("Error: no answer from http://a b:")


def test_keys_are_listed(instance: FakeInstance) -> None:
    """Each with its state: past, revoked, current."""
    key = {"kid": "k1", "x": "EA", "created_at": "2026-01-05", "revoked_at": None, "current": False}
    revoked = {**key, "kid": "k2", "revoked_at": "2026-02-05"}
    instance.body = json.dumps([key, revoked, {**key, "kid": "k3", "current": True}])
    assert _run("key", "list").output.splitlines() == [
        "k1  since 2026-01-05  past",
        "k2  since 2026-01-05  revoked at 2026-02-05",
        "k3  since 2026-01-05  current",
    ]


def test_a_key_is_revoked(instance: FakeInstance) -> None:
    """The key and the reason are sent; how much was signed again is printed."""
    instance.body = json.dumps({"kid": "k1", "signed": 17250})
    result = _run("key", "revoke", "k1", "--reason", "stolen")
    assert result.output == "k1 is revoked; 17250 observations were signed again\n"
    asked = ("POST", "/internal/v1/signing-keys/revoke", {"kid": "k1", "reason": "stolen"})
    assert instance.asked == [(*asked, f"Bearer {TOKEN}")]
