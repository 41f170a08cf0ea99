"""The broken rules: each mutation is one changed place of the services' sources."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

SYNC, API = "services/rates-sync/src/rates_sync/", "services/rates-api/src/rates_api/"


@dataclass(frozen=True)
class Mutation:
    """One break of a rule: in `file`, `old` becomes `new`.

    `likely` are the kinds of faults, or the hour, that a plan needs to show it.
    """

    rule: str
    file: str
    old: str
    new: str
    likely: tuple[str, ...] = ()

    def apply(self, root: Path) -> None:
        """Break it below `root`. Raises ValueError where `old` is not there exactly once."""
        path = root / self.file
        source = path.read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise ValueError(f"{self.file} has {source.count(self.old)} of {self.old!r}")
        path.write_text(source.replace(self.old, self.new), encoding="utf-8")

    @property
    def id(self) -> str:
        """Return what names it in the progress that is kept."""
        return sha256(repr((self.file, self.old, self.new)).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        """Say which rule, where, and what is left of it."""
        left = " ".join(self.new.split()) or "(nothing)"
        return f"{self.rule} | {self.file.rpartition('/')[2]} | `{left[:70]}`"


MUTATIONS = (
    Mutation(
        "1",
        SYNC + "store/recording.py",
        "position=self.head.position + 1",
        "position=self.head.position + 2",
        (),
    ),
    Mutation(
        "2",
        SYNC + "store/fence.py",
        "if (row.holder, row.token) != (fence.holder, fence.token):",
        "if row.token < fence.token:",
        ("pause_leader", "database_restored"),
    ),
    Mutation(
        "2",
        SYNC + "store/record.py",
        "await lock_and_verify(connection, fence)\n                recording",
        "recording",
        ("publication", "pause_in_request"),
    ),
    Mutation(
        "2",
        SYNC + "cycle/recorder.py",
        "        if self.recording.unannounced:\n            if kind",
        "        if False:\n            if kind",
        ("long_history", "kill_leader", "stop_leader", "banxico_away"),
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        "token=seen.token + 1, renewals=0",
        "token=seen.token, renewals=0",
        ("pause_leader",),
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        ".where(lease.c.token == seen.token, lease.c.renewals == seen.renewals)",
        ".where(lease.c.token >= 0)",
        ("kill_all_sync", "stop_leader", "pause_standby"),
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        "return seen.free or seen.holder == self._holder or unmoved >= self._patience",
        "return True",
        ("pause_leader",),
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        "if seen is None or seen != self.seen or is_gap:",
        "if seen is None or self.seen is None or is_gap:",
        (),
    ),
    Mutation(
        "4",
        SYNC + "store/recording.py",
        "max(now, latest + timedelta(microseconds=1)),",
        "now,",
        ("clock_step",),
    ),
    Mutation(
        "5",
        SYNC + "timetable/status.py",
        "if old is None or _states(old) != _states(new) or new_day(old, new):",
        "if True:",
        (),
    ),
    Mutation(
        "5",
        SYNC + "timetable/status.py",
        "MOVED = timedelta(minutes=1)",
        "MOVED = timedelta(hours=1)",
        (),
    ),
    Mutation(
        "5",
        SYNC + "timetable/status.py",
        "        status.clock_suspect,\n        timeless,",
        "        status.clock_suspect,",
        ("publication", "correction", "withdrawal"),
    ),
    Mutation(
        "6",
        SYNC + "relay/repair.py",
        "return tail.cursor > committed.head.at or differs",
        "return tail.cursor > committed.head.at",
        ("publication", "restored_while_stopped"),
    ),
    Mutation(
        "7",
        SYNC + "relay/relay.py",
        "await pipe.watch(EVENTS)\n                tail, stored",
        "await pipe.watch(b'another')\n                tail, stored",
        ("publication", "pause_in_request"),
    ),
    Mutation(
        "7",
        SYNC + "relay/relay.py",
        "    due = writes(stored, committed)\n",
        "    due = writes(stored, committed) if appends else []\n",
        ("redis_foreign", "database_restored", "redis_flushed"),
    ),
    Mutation(
        "8",
        SYNC + "relay/repair.py",
        "is_whole = tail.length == committed.count - len(committed.events)",
        "is_whole = True",
        ("redis_trimmed",),
    ),
    Mutation(
        "8",
        SYNC + "relay/repair.py",
        "return is_whole or must_trim(tail, committed)",
        "return True",
        ("redis_trimmed",),
    ),
    Mutation(
        "8",
        SYNC + "relay/relay.py",
        "if not appends:\n        pipe.delete(EVENTS)",
        "if False:\n        pipe.delete(EVENTS)",
        ("redis_trimmed", "database_restored"),
    ),
    Mutation(
        "8",
        SYNC + "store/pruning.py",
        "OUTBOX_FOR: Final = timedelta(days=7)",
        "OUTBOX_FOR: Final = timedelta(seconds=7)",
        ("night",),
    ),
    Mutation(
        "9",
        SYNC + "relay/repair.py",
        "if committed.lost or _is_ahead(tail, committed):",
        "if committed.lost:",
        ("publication", "restored_while_stopped"),
    ),
    Mutation(
        "9",
        SYNC + "relay/repair.py",
        "if tail.cursor is None or tail.cursor.timeline < committed.head.timeline:",
        "if True:",
        ("publication", "restored_while_stopped"),
    ),
    Mutation(
        "9",
        SYNC + "store/recording.py",
        "self._timeline = max(self.head.timeline, above) + 1",
        "self._timeline = self.head.timeline",
        ("publication", "database_restored", "restored_while_stopped"),
    ),
    Mutation(
        "10",
        SYNC + "relay/documents.py",
        "if manifest != stored.manifest:",
        "if stored.manifest is None:",
        (),
    ),
    Mutation(
        "10",
        SYNC + "relay/documents.py",
        "renewed = [key for key in stored.ttl if key not in bodies and stored.is_due(key)]",
        "renewed = []",
        (),
    ),
    Mutation(
        "10",
        SYNC + "relay/relay.py",
        "pipe.set(write.key, write.body, px=TTL_OF[write.key])",
        "pipe.set(write.key, write.body)",
        (),
    ),
    Mutation(
        "11",
        SYNC + "relay/document_ttl.py",
        "pipe.pexpire(key, TTL_WITHOUT_DATABASE, gt=True)",
        "pass",
        ("night", "afternoon", "database_long_away"),
    ),
    Mutation(
        "12",
        API + "consume/projection.py",
        "series=_with(snapshot.series, recorded)",
        "series=snapshot.series",
        (),
    ),
    Mutation(
        "13",
        API + "consume/projection.py",
        "return same_event and event.timeline == head.timeline",
        "return True",
        ("entries_missed", "publication"),
    ),
    Mutation(
        "13",
        API + "consume/projection.py",
        'return Reload("timeline_changed", event.at)',
        "return _applied(snapshot, event)",
        ("database_restored", "correction", "publication", "restart_worker"),
    ),
    Mutation(
        "13",
        API + "consume/projection.py",
        'return Reload("history_reload", event.at)',
        "return _applied(snapshot, event)",
        ("operator_range",),
    ),
    Mutation(
        "13",
        API + "snapshot/sources.py",
        "if at_least is not None and snapshot.head.at < at_least:",
        "if False:",
        ("entries_missed", "publication"),
    ),
    Mutation(
        "14",
        API + "consume/head_monitor.py",
        'return "record_ahead"',
        "return None",
        ("redis_away", "publication"),
    ),
    Mutation(
        "14",
        API + "consume/head_monitor.py",
        'self._current.replace(loaded.with_feed("database"))',
        'self._current.replace(loaded.with_feed("redis"))',
        ("redis_full", "publication"),
    ),
    Mutation(
        "15",
        API + "consume/reader.py",
        'return "redis" if tail == (head.at, head.event_id) else "database"',
        'return "redis"',
        ("redis_full", "publication"),
    ),
    Mutation(
        "15",
        API + "consume/reader.py",
        'self._current.set_feed("database")\n            self._redis.failed(error)',
        "self._redis.failed(error)",
        ("redis_away", "publication"),
    ),
    Mutation(
        "16",
        API + "snapshot/current.py",
        "        self.cache = self._new_cache(self.snapshot)\n",
        "        self.cache = self.cache or self._new_cache(self.snapshot)\n",
        (),
    ),
    Mutation(
        "16",
        API + "http/response_cache.py",
        "if cached is not None and cached.valid_from <= timestamp() < cached.valid_until:",
        "if cached is not None:",
        ("banxico_away", "banxico_mood"),
    ),
    Mutation(
        "17",
        API + "snapshot/level.py",
        "if row is None or _past(known.fresh_until, now):",
        "if row is None:",
        ("banxico_away", "banxico_mood"),
    ),
    Mutation(
        "17",
        API + "snapshot/level.py",
        '    if state == "unverified":\n        yield "unverified"',
        '    if state == "late":\n        yield "unverified"',
        ("banxico_away", "banxico_mood"),
    ),
    Mutation(
        "18",
        SYNC + "timetable/schedule.py",
        "VERIFIED_FOR = timedelta(minutes=5)",
        "VERIFIED_FOR = timedelta(minutes=12)",
        ("publication", "afternoon", "banxico_unconfirmed"),
    ),
    Mutation(
        "18",
        SYNC + "timetable/schedule.py",
        "asked = next_opening(calendar, verified_at)",
        "asked = next_opening(calendar, verified_at) + ONE_DAY",
        ("opening", "banxico_unconfirmed"),
    ),
    Mutation(
        "18",
        SYNC + "timetable/schedule.py",
        "if inputs.verified_at < window.closes:",
        "if False:",
        ("closing", "banxico_away"),
    ),
    Mutation(
        "18",
        SYNC + "timetable/schedule.py",
        "periods += _polls_until_fix(day, window, intervals)",
        "periods += ()",
        ("publication", "range_lost"),
    ),
    Mutation(
        "19",
        SYNC + "guard/breaker.py",
        '        if self.state == "half_open":\n            self._breaker.open()',
        "        pass",
        ("publication", "banxico_relapse"),
    ),
    Mutation(
        "19",
        SYNC + "guard/breaker.py",
        "raise _Neutral(outcome) from outcome",
        "raise",
        ("publication", "banxico_unconfirmed"),
    ),
    Mutation(
        "20",
        SYNC + "guard/quota.py",
        "self._on_spent(await self._ledger.spend(self._today(), limit=self._limit_for(query)))\n"
        "            return await self._inner.ask(query)",
        "answer = await self._inner.ask(query)\n            self._on_spent("
        "await self._ledger.spend(self._today(), limit=self._limit_for(query)))\n"
        "            return answer",
        (),
    ),
    Mutation(
        "20",
        SYNC + "store/quota.py",
        "spending.values({column: column + 1})",
        "spending.values({column: column})",
        (),
    ),
    Mutation(
        "21",
        API + "http/response.py",
        "return max(0, min(self.edge_seconds, remaining))",
        "return self.edge_seconds",
        (),
    ),
    Mutation(
        "21",
        SYNC + "notify/dispatcher.py",
        "return min([await self._try(notice) for notice in PURGES])",
        "return min([await self._try(notice) for notice in PURGES[:1]])",
        (),
    ),
    Mutation(
        "21",
        SYNC + "notify/dispatcher.py",
        "if not needed or await self._purge(notice):",
        "if not needed or await self._purge(notice) or True:",
        ("publication", "edge_away"),
    ),
    Mutation(
        "21",
        SYNC + "notify/rules.py",
        "if not isinstance(event, StatusChanged) or _outdates_answers(old, event.status):",
        "if _outdates_answers(old, event.status):",
        ("publication",),
    ),
    Mutation(
        "25",
        API + "resolution/knowledge.py",
        "    if _before(day, known.complete_from):\n"
        '        return "history-loading"\n'
        "    return _absent_by_calendar",
        "    return _absent_by_calendar",
        ("history_late",),
    ),
    Mutation(
        "25",
        API + "resolution/knowledge.py",
        "if known.fresh_until is None or view.at > known.fresh_until:",
        "if False:",
        ("afternoon", "banxico_unconfirmed"),
    ),
    Mutation(
        "25",
        SYNC + "leader/backfills.py",
        "if due and self._may_fill(at_once=at_once):",
        "if False:",
        (),
    ),
    Mutation(
        "25",
        SYNC + "cycle/coverage.py",
        "return asked if answer.is_of_now and _is_readable(answer, series) else None",
        "return asked",
        ("banxico_old_at_first",),
    ),
    Mutation(
        "26",
        SYNC + "store/rows.py",
        "ordered = _columns.where(_announced).order_by",
        "ordered = _columns.order_by",
        ("history_reread",),
    ),
    Mutation(
        "27",
        SYNC + "guard/confirmation.py",
        "if not answer.is_of_now:",
        "if False:",
        ("publication", "banxico_relapse"),
    ),
    Mutation(
        "27",
        SYNC + "guard/confirmation.py",
        "if not answer.shows(FIX, newest):",
        "if False:",
        ("publication", "banxico_relapse"),
    ),
    Mutation(
        "27",
        SYNC + "upstream.py",
        "return self.age <= MAX_AGE and abs(self.clock_offset) <= MAX_CLOCK_OFFSET",
        "return True",
        ("publication", "afternoon", "banxico_unconfirmed"),
    ),
    Mutation(
        "27",
        SYNC + "cycle/recorder.py",
        "verified_at = at if name in confirmed else before.verified_at",
        "verified_at = at",
        ("publication", "afternoon", "banxico_unconfirmed"),
    ),
    Mutation(
        "27",
        SYNC + "cycle/judgement.py",
        "if day in first_missed and context.seen_at - first_missed[day] >= SEEN_TWICE_AFTER",
        "if day in first_missed",
        ("withdrawal", "banxico_mood"),
    ),
    Mutation(
        "28",
        SYNC + "cycle/comparison.py",
        'MAX_MOVE = Decimal("0.10")',
        'MAX_MOVE = Decimal("10")',
        ("publication", "large_correction"),
    ),
    Mutation(
        "28",
        SYNC + "cycle/comparison.py",
        "            and _key(shown) in self._reviewed.releasable\n",
        "",
        ("publication", "large_correction"),
    ),
    Mutation(
        "28",
        SYNC + "notify/rules.py",
        "    yield from _review_changes(old, new)\n",
        "    yield from ()\n",
        ("publication", "large_correction"),
    ),
    Mutation(
        "29",
        SYNC + "timetable/transitions.py",
        '    if late:\n        return "late"\n',
        "",
        ("afternoon",),
    ),
    Mutation(
        "29",
        SYNC + "timetable/transitions.py",
        'return "closed_day" if closed else "fresh"',
        'return "fresh"',
        ("opening", "afternoon", "closing"),
    ),
    Mutation(
        "29",
        SYNC + "timetable/schedule.py",
        "    if inputs.in_doubt:\n        periods.append",
        "    if False:\n        periods.append",
        ("banxico_unconfirmed", "kill_leader", "night", "closing"),
    ),
    Mutation(
        "33",
        SYNC + "timetable/status.py",
        "return self.clock_suspect or any(unconfirmed)",
        "return any(unconfirmed)",
        ("clock_wrong", "clock_unwitnessed", "night"),
    ),
    Mutation(
        "33",
        SYNC + "leader/clock_check.py",
        'recorder.begun and (suspect or "banxico" in self._witnesses.offsets)',
        "recorder.begun",
        ("clock_wrong", "kill_leader", "banxico_away"),
    ),
    Mutation(
        "35",
        SYNC + "leader/backfills.py",
        "        if self._is_unannounced:\n            await self._announce_chunks()\n",
        "",
        ("operator_range", "history_reread", "database_away", "night"),
    ),
    Mutation(
        "30",
        SYNC + "cycle/cycle.py",
        "max(min(newest, today) - OVERLAP, earliest)",
        "max(min(newest, today), earliest)",
        ("publication", "opening", "correction"),
    ),
    Mutation(
        "30",
        SYNC + "cycle/comparison.py",
        "revision = 1 if before is None else before.revision + 1",
        "revision = 1",
        ("publication", "opening", "correction"),
    ),
    Mutation(
        "31",
        API + "resolution/legal_dates.py",
        "dof_published=published,",
        "dof_published=determined + ONE_DAY,",
        (),
    ),
    Mutation(
        "31",
        API + "resolution/legal_dates.py",
        "    while (following := determination_of(view, last + ONE_DAY)) == determined:\n"
        "        last += ONE_DAY\n",
        "    following = None\n",
        (),
    ),
    Mutation(
        "32",
        SYNC + "clock.py",
        "MAX_DRIFT = timedelta(seconds=5)",
        "MAX_DRIFT = timedelta(days=5)",
        ("clock_step",),
    ),
    Mutation(
        "32",
        SYNC + "leader/poller.py",
        "# reckoned by the clock that was wrong\n        self.plan_again()",
        "# reckoned by the clock that was wrong",
        ("clock_wrong", "publication"),
    ),
    Mutation(
        "33",
        API + "consume/head_monitor.py",
        "suspect=offset > MAX_CLOCK_OFFSET",
        "suspect=False",
        ("clock_step",),
    ),
    Mutation(
        "33",
        SYNC + "leader/witnesses.py",
        'return now - offsets["database"]',
        "return now",
        ("clock_unwitnessed",),
    ),
    Mutation(
        "33",
        SYNC + "leader/clock_check.py",
        "await self._tell(suspect=bool(self._witnesses.disagreeing))",
        "await self._tell(suspect=False)",
        ("clock_wrong", "publication"),
    ),
    Mutation(
        "35",
        SYNC + "guard/bypass.py",
        "        if self._awaited():\n            raise FixAwaited",
        "        if False:\n            raise FixAwaited",
        ("operator_range", "publication"),
    ),
    Mutation(
        "35",
        SYNC + "timetable/schedule.py",
        "if mexico_instant(day, POLLS_ALONE_FROM) <= now <= mexico_instant(day, NOON_RUSH_TO):",
        "if False:",
        ("operator_range", "publication"),
    ),
    Mutation(
        "37",
        SYNC + "cycle/recorder.py",
        "return min(answer.received_at, self.now)",
        "return self.now",
        ("pause_in_request", "afternoon", "opening"),
    ),
    Mutation(
        "36",
        SYNC + "operate/health.py",
        'redis="healthy" if redis_error is None else "unhealthy",',
        'redis="healthy",',
        ("redis_away",),
    ),
    Mutation(
        "36",
        SYNC + "operate/health.py",
        'causes["read"] = str(error) or "no answer"',
        "pass",
        ("database_away",),
    ),
    Mutation(
        "36",
        SYNC + "operate/health.py",
        "        and not series.under_review\n",
        "",
        ("large_correction", "publication"),
    ),
    Mutation(
        "32",
        SYNC + "assembly.py",
        "        alerts.on_clock_jump(jump)\n",
        "",
        ("clock_step",),
    ),
    Mutation(
        "38",
        SYNC + "assembly.py",
        "alerts.on_foreign_stream(step.foreign)",
        "pass",
        ("redis_foreign",),
    ),
    Mutation(
        "38",
        SYNC + "relay/repair.py",
        "return RepairAction.FOREIGN",
        "return RepairAction.APPEND",
        ("redis_foreign",),
    ),
    Mutation(
        "38",
        API + "consume/reader.py",
        "if is_foreign(entry):",
        "if False:",
        ("redis_forged",),
    ),
    Mutation(
        "38",
        SYNC + "relay/stream.py",
        'return Tail(foreign=f"the stream\'s key holds a {kind.decode()}")',
        "return Tail()",
        ("redis_foreign",),
    ),
    Mutation(
        "38",
        SYNC + "relay/document_ttl.py",
        "except DocumentUndecodable:\n            return False",
        "except DocumentUndecodable:\n            raise",
        ("documents_spoilt",),
    ),
    Mutation(
        "41",
        API + "consume/head_monitor.py",
        "            if not self._is_fed_by_stream:\n                return\n",
        "",
        ("redis_away", "publication"),
    ),
    Mutation(
        "42",
        SYNC + "store/record.py",
        "return recording.is_raised\n        return is_behind(head, written)",
        "return recording.is_raised\n        return False",
        ("publication", "database_restored", "redis_away"),
    ),
    Mutation(
        "42",
        API + "consume/restore_check.py",
        "return await self._is_older(self._writer) and not await self._stream_holds_head()",
        "return False",
        ("both_lost", "kill_all_sync", "publication"),
    ),
    Mutation(
        "42",
        SYNC + "store/outbox.py",
        "lost=written is not None and is_behind(head, written),",
        "lost=False,",
        ("opening", "afternoon", "both_lost"),
    ),
    Mutation(
        "42",
        SYNC + "leader/poller.py",
        "        self._must_ask = True\n        self.plan_again()",
        "        self.plan_again()",
        ("night", "midnight", "database_restored", "stop_leader"),
    ),
    Mutation(
        "44",
        SYNC + "notify/pairs.py",
        "if finding.since is None and opened_at is not None:",
        "if False:",
        ("banxico_mood",),
    ),
    Mutation(
        "44",
        SYNC + "notify/alerts.py",
        "if count >= MAX_REFUSALS:",
        "if count >= 1:",
        ("alerts_away", "redis_away"),
    ),
    Mutation(
        "44",
        SYNC + "notify/pairs.py",
        "await self._record_open(name, since)",
        "self._open[name] = since",
        ("redis_away",),
    ),
    Mutation(
        "44",
        SYNC + "notify/pairs.py",
        "for name, at in self._recorded.items():",
        "for name, at in ():",
        ("banxico_away", "redis_away", "kill_leader", "stop_leader"),
    ),
    Mutation(
        "44",
        SYNC + "notify/pairs.py",
        'return Finding(BREAKER, None) if status.upstream == "ok" else None',
        "return Finding(BREAKER, None)",
        ("banxico_away", "banxico_mood", "kill_leader", "stop_leader"),
    ),
    Mutation(
        "44",
        SYNC + "notify/pairs.py",
        "        if not unavailable:\n"
        "            self._since = None\n"
        "            return Finding(self._pair, None)",
        "        if not unavailable:\n            self._since = None\n            return None",
        ("redis_away",),
    ),
    Mutation(
        "46",
        SYNC + "leader/loops.py",
        "if finished == tonight:\n            return None",
        "if finished <= tonight:\n            return None",
        ("night", "edge_away", "correction"),
    ),
    Mutation(
        "46",
        SYNC + "leader/loops.py",
        "                await self._finish(task, night)\n        except",
        "                pass\n        except",
        ("night", "edge_away", "correction"),
    ),
    Mutation(
        "R10",
        SYNC + "cycle/comparison.py",
        "if shown.value == value:",
        "if value is not None:",
        ("correction", "publication"),
    ),
)
"""What is broken, by rule."""
