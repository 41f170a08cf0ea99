"""The internal port: probes, health, metrics, operators' actions."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from structlog.testing import capture_logs

from rates_contracts.environment import Secret
from rates_contracts.observation import FIRST_FIX_DAY, FIX
from rates_sync.app import create_app
from rates_sync.errors import RelayError, StoreUnavailable, UpstreamFailure
from rates_sync.leader.election import Election
from rates_sync.leader.leader import Leader
from rates_sync.liveness import Liveness
from rates_sync.operate import health as health_module
from rates_sync.operate.access import MAX_CALLERS, MAX_REFUSALS, RefusalLimit
from rates_sync.relay.relay import RelayStep
from rates_sync.service import Service
from rates_sync.store.engine import writing
from rates_sync.store.evidence.keys import register_key
from rates_sync.upstream import Rejected

TOKEN = "operator-of-the-tests"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
BODIES: dict[str, dict[str, str]] = {
    "sync": {},
    "backfill": {"from": "2026-08-01", "to": "2026-08-02"},
    "history/accept": {"from": "2026-08-01", "to": "2026-08-02"},
    "close-day": {"date": "2026-08-14", "reason": "decree"},
    "reopen-day": {"date": "2026-08-14", "reason": "mistake"},
    "quarantine": {"id": "0123456789ab", "decision": "accept"},
    "withdrawal": {"date": "2026-08-12", "decision": "keep"},
    "signing-keys/revoke": {"kid": "k1", "reason": "stolen"},
}
ACTIONS = tuple(BODIES)


@pytest.fixture
async def service(desk: Any, leading: Any) -> AsyncIterator[Service]:
    """An instance that leads a record with the newest days; its backfills run."""
    clock = desk.clock
    await leading.recorder.begin()

    async def holder() -> str:
        return "other/1/ab"

    async def quota_used() -> int:
        return 7

    async def answers() -> None:
        pass

    unused: Any = None
    election = Election(unused, unused, unused, lambda _: None, unused)
    election.leader = Leader(leading.recorder, leading.poller, leading.backfills, {})
    running = asyncio.create_task(leading.backfills.run())
    yield Service(
        clock=clock,
        sleep=clock.sleep,
        monotonic=clock.monotonic,
        metrics=leading.metrics,
        liveness=Liveness(clock.monotonic),
        record=desk.record,
        lease=desk.lease,
        instrumentation=leading.instrumentation,
        outage=unused,
        ping_redis=answers,
        election=election,
        prepare=unused,
        on_unprepared=unused,
        holder=holder,
        quota_used=quota_used,
        operator_token=Secret(TOKEN),
        daily_quota=1000,
        first_fix_day=FIRST_FIX_DAY,
        closing=AsyncExitStack(),
        ready=True,
    )
    running.cancel()
    await asyncio.wait({running})


@pytest.fixture
async def client(service: Service) -> AsyncIterator[AsyncClient]:
    """A client of the internal port, in the loop of the instance."""
    app: Any = create_app(service)
    transport = ASGITransport(app, client=("testclient", 0))
    async with AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_health_says_how_things_stand(client: Any, service: Service) -> None:
    """Role, leader, breaker, quota, outcome and the next cycle are there after a poll."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    health = (await client.get("/health")).json()
    assert (health["status"], health["role"], health["breaker"]) == ("healthy", "leader", "closed")
    assert health["quota"] == {"limit": 1000, "used": 7, "left": 993}
    assert health["last_outcome"] == "success"
    assert health["next_cycle_at"] is not None
    assert health["clock_suspect"] is False
    assert health["head"]["timeline"] == 1


async def test_health_answers_without_the_database(client: Any, service: Service) -> None:
    """What the database does not say is null; the answer comes all the same."""

    async def away() -> Any:
        raise StoreUnavailable("away")

    service.holder = service.quota_used = away
    health = (await client.get("/health")).json()
    assert (health["leader"], health["quota"]["used"]) == (None, None)


async def test_health_waits_longer_for_a_distant_database(
    client: Any, service: Service, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protocol rule 37: 300 ms for each round trip are no outage."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    monkeypatch.setattr(health_module, "ASK_SECONDS", 0.0)
    assert (await client.get("/health")).json()["database"] == "unhealthy"
    monkeypatch.setattr(type(desk.record), "distance", 0.3)
    assert (await client.get("/health")).json()["database"] == "healthy"


async def test_health_names_what_the_database_refuses(
    client: Any, service: Service, desk: Any, tmp_path: Any
) -> None:
    """Reads go on while another program holds the write lock; a renewal or a recording tells it."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    refused = StoreUnavailable("database is locked")
    service.instrumentation.on_lease(refused)
    service.instrumentation.on_recording(refused)
    health = (await client.get("/health")).json()
    assert (health["status"], health["database"]) == ("degraded", "unhealthy")
    assert health["causes"] == {"lease": "database is locked", "recording": "database is locked"}
    assert health["head"] is not None
    service.instrumentation.on_lease(None)
    service.instrumentation.on_recording(None)
    assert (await client.get("/health")).json()["status"] == "healthy"


async def test_health_of_a_standby_tells_that_nobody_renews(
    client: Any, service: Service, desk: Any
) -> None:
    """Protocol rule 36: a standby only reads, but sees whether the database takes writes."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    service.election.leader = None
    desk.clock.now += timedelta(seconds=6)
    health = (await client.get("/health")).json()
    assert (health["status"], health["database"]) == ("degraded", "degraded")
    assert health["causes"] == {"lease": "not renewed for 6 s"}
    await desk.lease.renew(desk.fence)
    assert (await client.get("/health")).json()["database"] == "healthy"


async def test_health_tells_that_redis_refuses(client: Any, service: Service) -> None:
    """One that does not answer, and one that answers and takes no writes."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    service.instrumentation.on_relay_step(RelayError("OOM command not allowed"))
    health = (await client.get("/health")).json()
    assert (health["status"], health["redis"]) == ("degraded", "unhealthy")
    assert health["causes"] == {"redis": "OOM command not allowed"}
    service.instrumentation.on_relay_step(RelayStep(0, ()))
    assert (await client.get("/health")).json()["redis"] == "healthy"

    async def hangs() -> None:
        raise RelayError("TimeoutError: no answer")

    service.ping_redis = hangs
    assert (await client.get("/health")).json()["redis"] == "unhealthy"


async def test_probes_follow_the_service(client: Any, service: Service) -> None:
    """Ready means prepared, alive means that every loop is."""
    assert (await client.get("/readyz")).status_code == 200
    service.ready = False
    assert (await client.get("/readyz")).status_code == 503
    service.liveness.beat("poll", within=-1)
    answer = await client.get("/livez")
    assert (answer.status_code, answer.json()["stuck"]) == (503, ["poll"])


async def test_metrics_are_exposed(client: Any) -> None:
    """The exposition holds this instance's metrics."""
    answer = await client.get("/metrics")
    assert "rates_sync_quota_limit 1000.0" in answer.text


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("given", [None, "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer"])
async def test_actions_need_the_token(
    client: Any, service: Service, desk: Any, action: str, given: str | None
) -> None:
    """Without the bearer token an action is 401, counted, and nothing happens."""
    headers = {} if given is None else {"Authorization": given}
    answer = await client.post(f"/internal/v1/{action}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert await desk.rows("SELECT * FROM audit") == []
    registry = service.metrics.registry
    assert registry.get_sample_value("rates_sync_operator_refusals_total") == 1


@pytest.mark.parametrize("action", ACTIONS)
async def test_standby_names_the_leader(client: Any, service: Service, action: str) -> None:
    """A standby refuses with 409 and says who holds the lease."""
    service.election.leader = None
    answer = await client.post(f"/internal/v1/{action}", headers=OPERATOR, json=BODIES[action])
    assert (answer.status_code, answer.json()["code"]) == (409, "not-the-leader")
    assert "other/1/ab" in answer.json()["detail"]


@pytest.mark.parametrize("action", ACTIONS)
async def test_new_leader_acts_once_its_status_is_recorded(
    client: Any, service: Service, leading: Any, desk: Any, action: str
) -> None:
    """Protocol rule 3: an action before would announce that nothing was ever verified."""
    leading.recorder.begun = False
    before = await desk.record.status()
    answer = await client.post(f"/internal/v1/{action}", headers=OPERATOR, json=BODIES[action])
    assert (answer.status_code, answer.json()["code"]) == (503, "taking-over")
    assert answer.headers["retry-after"] == "5"
    assert await desk.record.status() == before
    assert await desk.rows("SELECT * FROM audit") == []


async def test_sync_asks_now_and_is_audited(client: Any, desk: Any) -> None:
    """An operator's cycle answers with its outcome and what it recorded."""
    answer = await client.post("/internal/v1/sync", headers=OPERATOR)
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "success"
    assert answer.json()["new"] > 0
    assert await desk.rows("SELECT actor, action, caller, outcome FROM audit") == [
        ("operator", "sync", "testclient", "started"),
        ("operator", "sync", "testclient", "success"),
    ]


async def test_what_was_refused_is_audited_with_its_problem(client: Any, desk: Any) -> None:
    """The audit said what was asked for, never whether it was done, nor from where."""
    body = {"date": "2026-08-14", "reason": "decree"}
    for _ in range(2):
        await client.post("/internal/v1/close-day", headers=OPERATOR, json=body)
    assert await desk.rows("SELECT action, detail, caller, outcome FROM audit") == [
        ("close-day", "2026-08-14: decree", "testclient", "done"),
        ("close-day", "2026-08-14: decree", "testclient", "already-closed"),
    ]


async def test_a_caller_who_is_refused_too_often_is_not_listened_to(
    client: Any, service: Service, desk: Any
) -> None:
    """Ten refusals a minute, then 429, also with the right token, until the minute is over."""
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(10):
        assert (await client.post("/internal/v1/sync", headers=wrong)).status_code == 401
    refused = await client.post("/internal/v1/sync", headers=OPERATOR)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-refusals")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert service.metrics.registry.get_sample_value("rates_sync_operator_refusals_total") == 11

    await desk.clock.sleep(60)

    assert (await client.post("/internal/v1/sync", headers=OPERATOR)).status_code == 200


def test_refusals_of_one_caller_are_nothing_to_another() -> None:
    """Who tries tokens does not lock the operators out; few callers are remembered."""
    limit = RefusalLimit(lambda: 0.0)
    for _ in range(MAX_REFUSALS):
        limit.note("first")
    assert limit.seconds_to_wait("first") == 60
    assert limit.seconds_to_wait("second") == 0
    for number in range(MAX_CALLERS):
        limit.note(str(number))
    assert limit.seconds_to_wait("first") == 0


@pytest.mark.parametrize("path", ["/health", "/metrics", "/internal/v1/sync"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "a b", "[::1"])
async def test_a_foreign_host_is_refused(client: Any, path: str, host: str) -> None:
    """A page whose name leads to the internal address (DNS rebinding) reads nothing."""
    answer = await client.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost:8001", "10.0.3.7:8001", "rates-sync:8001"])
async def test_names_of_the_platform_are_answered(client: Any, host: str) -> None:
    """Probes, Prometheus and operators ask by address or by the platform's own names."""
    assert (await client.get("/livez", headers={"Host": host})).status_code == 200


async def test_sync_reports_banxicos_failure(client: Any, banxico: Any) -> None:
    """A failing Banxico is the outcome of the action, not an error of ours."""
    banxico.script = [UpstreamFailure("page", kind="html")]
    answer = await client.post("/internal/v1/sync", headers=OPERATOR)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "html")


async def test_backfill_streams_its_progress(client: Any, desk: Any, banxico: Any) -> None:
    """One line of JSON per chunk; a value that was set aside is recorded."""
    day = Day(2026, 8, 12)
    banxico.changed[FIX, day] = Decimal("71.0000")
    body = {"from": "2020-01-01", "to": "2026-08-30"}
    answer = await client.post("/internal/v1/backfill", headers=OPERATOR, json=body)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["done"] for line in lines] == [1, 2]
    assert lines[0]["to"] == "2026-08-13"
    query = f"SELECT value FROM observations WHERE series = '{FIX}' AND date = '{day}'"
    assert await desk.rows(query) == [("71.0000",)]


async def test_hole_is_accepted_and_audited(client: Any, desk: Any) -> None:
    """Protocol rule 25: the days count as covered, for both series, and the audit says who did."""
    newest = {"from": "2026-08-11", "to": "2026-08-12"}
    await client.post("/internal/v1/backfill", headers=OPERATOR, json=newest)
    body = {"from": "2026-08-01", "to": "2026-08-12"}
    answer = await client.post("/internal/v1/history/accept", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()) == (200, body | {"accepted": True})
    assert await desk.rows("SELECT series, first, last FROM coverage ORDER BY series") == [
        ("SF43718", "2026-08-01", "2026-08-12"),
        ("SF60653", "2026-08-01", "2026-08-12"),
    ]
    assert await desk.rows("SELECT detail FROM audit WHERE action = 'history-accept'") == [
        ("2026-08-01 to 2026-08-12",)
    ]


async def test_today_is_not_accepted(client: Any, desk: Any) -> None:
    """Protocol rule 25: its values may still be published; nothing is covered, which is audited."""
    body = {"from": "2026-08-01", "to": "2026-08-13"}
    answer = await client.post("/internal/v1/history/accept", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-final")
    assert await desk.rows("SELECT * FROM coverage") == []
    assert await desk.rows("SELECT action, outcome FROM audit") == [("history-accept", "not-final")]


async def test_failing_backfill_ends_with_a_problem(client: Any, banxico: Any) -> None:
    """The stream's last line is the problem document."""
    banxico.script = [UpstreamFailure("page", kind="html")]
    body = {"from": "2026-08-01", "to": "2026-08-12"}
    answer = await client.post("/internal/v1/backfill", headers=OPERATOR, json=body)
    (line,) = answer.text.splitlines()
    assert json.loads(line)["code"] == "upstream-failed"


@pytest.mark.parametrize(
    ("script", "outcome"),
    [([], "done"), ([UpstreamFailure("page", kind="html")], "upstream-failed")],
)
async def test_end_of_a_backfill_is_audited_for_each_who_asked(
    client: Any, desk: Any, banxico: Any, script: list[Exception], outcome: str
) -> None:
    """The leader's task notes who asked and how it ended, whoever watches still."""
    banxico.script = script
    body = {"from": "2026-08-01", "to": "2026-08-12"}
    first = client.post("/internal/v1/backfill", headers=OPERATOR, json=body)
    second = client.post("/internal/v1/backfill", headers=OPERATOR, json=body)
    await asyncio.gather(first, second)
    assert await desk.rows("SELECT action, caller, outcome FROM audit") == [
        ("backfill", "testclient", "started"),
        ("backfill", "testclient", "started"),
        ("backfill", "testclient", outcome),
        ("backfill", "testclient", outcome),
    ]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("backfill", ""),
        ("backfill", "{}"),
        ("backfill", '{"from":"2026-08-02","to":"2026-08-01"}'),
        ("backfill", '{"from":"1980-01-01","to":"2026-08-01"}'),
        ("backfill", '{"from":"2030-01-01","to":"2031-01-01"}'),
        ("backfill", '{"from":"2026-08-01","to":"2026-08-02","x":1}'),
        ("backfill", "\\xff"),
        ("history/accept", '{"from":"2026-08-02","to":"2026-08-01"}'),
        ("close-day", '{"date":"2026-08-14","reason":" "}'),
        ("close-day", '{"date":"yesterday","reason":"decree"}'),
        ("close-day", '{"date":"2026-08-14","reason":"' + "x" * 501 + '"}'),
        ("close-day", '{"date":"2026-08-13","reason":"decree"}'),
        ("close-day", '{"date":"2026-08-13","reason":"decree","confirm":false}'),
        ("close-day", '{"date":"2026-09-14","reason":"decree"}'),
        ("close-day", '{"date":"2029-01-02","reason":"decree"}'),
        ("close-day", '{"date":"2000-12-29","reason":"decree"}'),
        ("reopen-day", '{"date":"2026-08-14","reason":""}'),
    ],
)
async def test_bad_body_is_a_problem(client: Any, desk: Any, action: str, body: str) -> None:
    """Rule R10: a wrong body is 422 with a problem document, and nothing is recorded."""
    answer = await client.post(f"/internal/v1/{action}", headers=OPERATOR, content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-parameters")
    assert answer.headers["cache-control"] == "no-store"
    assert await desk.rows("SELECT * FROM audit") == []


async def test_day_is_declared_closed_once(client: Any, service: Service) -> None:
    """The calendar has it closed at once; a second declaration is a conflict."""
    body = {"date": "2026-08-14", "reason": "decree"}
    answer = await client.post("/internal/v1/close-day", headers=OPERATOR, json=body)
    assert answer.json() == {**body, "closed": True}
    assert service.leader is not None
    assert not service.leader.recorder.schedule_inputs.calendar.is_banking_day(Day(2026, 8, 14))
    again = await client.post("/internal/v1/close-day", headers=OPERATOR, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "already-closed")


async def test_closure_of_today_by_mistake_is_undone(
    client: Any, service: Service, desk: Any, banxico: Any
) -> None:
    """Protocol rule 29: confirmed, it ends the search; reopened, Banxico is asked at once again."""
    assert service.leader is not None
    poller = service.leader.poller
    await client.post("/internal/v1/sync", headers=OPERATOR)
    desk.clock.now += timedelta(minutes=1)
    body = {"date": "2026-08-13", "reason": "decree"}
    confirmed = {**body, "confirm": True}
    answer = await client.post("/internal/v1/close-day", headers=OPERATOR, json=confirmed)
    assert answer.json() == {**body, "closed": True}
    assert poller.next_cycle_at == datetime.fromisoformat("2026-08-13T18:15:00+00:00")
    answer = await client.post("/internal/v1/reopen-day", headers=OPERATOR, json=body)
    assert answer.json() == {**body, "closed": False}
    assert poller.next_cycle_at == desk.clock()
    again = await client.post("/internal/v1/reopen-day", headers=OPERATOR, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "not-declared")


async def test_day_with_a_fix_is_not_closed(client: Any) -> None:
    """Protocol rule 29: a conflict, and the answer says why."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    body = {"date": "2026-08-12", "reason": "mistake"}
    answer = await client.post("/internal/v1/close-day", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "has-a-fix")


async def test_unknown_paths_and_methods_are_problems(client: Any) -> None:
    """Rule R10: 404 and 405 are problem documents, too."""
    unknown = await client.get("/nope")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    wrong = await client.get("/internal/v1/sync", headers=OPERATOR)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_bug_is_a_problem_without_its_words(client: Any, service: Service) -> None:
    """Rule R10: a 500 names no cause to the caller; the log has the traceback."""

    async def broken() -> str:
        raise ZeroDivisionError("secret words")

    service.election.leader = None
    service.holder = broken
    with capture_logs() as logs:
        answer = await client.post("/internal/v1/sync", headers=OPERATOR)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "secret words" not in answer.text
    assert [line["request_id"] for line in logs] == [answer.headers["x-request-id"]]


async def test_operator_accepts_a_value_in_quarantine(
    client: Any, service: Service, desk: Any, banxico: Any
) -> None:
    """Protocol rule 28: listed with its reason, named by the beginning of its ID, then recorded."""
    await client.post("/internal/v1/sync", headers=OPERATOR)
    day = Day(2026, 8, 12)
    banxico.changed[FIX, day] = (banxico.fix[day] * 2).quantize(Decimal("0.0001"))
    await client.post("/internal/v1/sync", headers=OPERATOR)
    (listed,) = (await client.get("/internal/v1/quarantine", headers=OPERATOR)).json()
    assert (listed["series"], listed["date"], listed["kind"]) == (FIX, str(day), "suspicious")
    body = {"id": listed["id"][:12], "decision": "accept"}
    answer = await client.post("/internal/v1/quarantine", headers=OPERATOR, json=body)
    assert [row["raw"] for row in answer.json()] == [listed["raw"]]
    newest = f"SELECT value FROM observations WHERE series = '{FIX}' AND date = '{day}'"
    assert (await desk.rows(f"{newest} ORDER BY revision DESC"))[0] == (listed["raw"],)
    audited = await desk.rows(
        "SELECT action, caller, outcome FROM audit WHERE action LIKE 'quarantine%'"
    )
    assert audited == [("quarantine accept", "testclient", "done")]


@pytest.mark.parametrize(
    ("action", "body", "status", "code"),
    [
        ("quarantine", {"id": "ffffffffffff", "decision": "reject"}, 404, "nothing-to-decide"),
        ("quarantine", {"id": "ff", "decision": "reject"}, 404, "nothing-to-decide"),
        ("quarantine", {"id": "ff", "decision": "ponder"}, 422, "invalid-parameters"),
        ("withdrawal", {"date": "2026-08-12", "decision": "keep"}, 404, "nothing-to-decide"),
    ],
)
async def test_there_must_be_something_to_decide(
    client: Any, action: str, body: dict[str, str], status: int, code: str
) -> None:
    """A wrong ID, day or decision is a problem that says so; nothing changes."""
    answer = await client.post(f"/internal/v1/{action}", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_datum_without_a_value_cannot_be_accepted(client: Any, banxico: Any) -> None:
    """What is no value can be rejected, not recorded."""
    day = Day(2026, 8, 12)
    banxico.rejected = (Rejected(FIX, day, '"18,3500"', "comma"),)
    await client.post("/internal/v1/sync", headers=OPERATOR)
    (listed,) = (await client.get("/internal/v1/quarantine", headers=OPERATOR)).json()
    body = {"id": listed["id"], "decision": "accept"}
    answer = await client.post("/internal/v1/quarantine", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "undecidable")
    body["decision"] = "reject"
    assert (
        await client.post("/internal/v1/quarantine", headers=OPERATOR, json=body)
    ).status_code == 200
    assert (await client.get("/internal/v1/quarantine", headers=OPERATOR)).json() == []


async def test_a_signing_key_is_revoked_once(client: Any, desk: Any) -> None:
    """It stays in the list; a key that is unknown or revoked already is nothing to decide."""
    async with writing(desk.engine) as connection:
        await register_key(connection, "k1", "EA", desk.clock())
    path, body = "/internal/v1/signing-keys", BODIES["signing-keys/revoke"]
    answer = await client.post(f"{path}/revoke", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()) == (200, {"kid": "k1", "signed": 0})
    (key,) = (await client.get(path, headers=OPERATOR)).json()
    assert (key["kid"], key["current"]) == ("k1", False)
    assert key["revoked_at"] is not None
    again = await client.post(f"{path}/revoke", headers=OPERATOR, json=body)
    assert (again.status_code, again.json()["code"]) == (404, "nothing-to-decide")
    outcomes = await desk.rows("SELECT action, outcome FROM audit")
    assert outcomes == [("revoke-key", "done"), ("revoke-key", "nothing-to-decide")]
