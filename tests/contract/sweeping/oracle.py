"""Whether an answer claims more than could be known: each claim is held against the facts.

Written from the truth tables, without a line of the services. `contradictions` says in a sentence
why a claim is false. Silence is judged, too: what is recorded must be answered. Pure.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from contract.sweeping.published import (
    CALENDAR_BEGINS,
    DAY,
    FIRST_DAY,
    banking_day_after,
    determination_of,
    is_banking_day,
    is_past,
    local,
    may_open,
    open_day_after,
    wall,
)
from contract.sweeping.questions import Question, Said
from contract.sweeping.situations import Facts
from contract.sweeping.standpoint import (
    AWAITED_FROM,
    LATE_FROM,
    NOON,
    Standpoint,
    fresh_limit,
    is_missing,
    newest_seen,
)
from rates_contracts.observation import RESTS_ON, Kind, SeriesKind

KINDS: tuple[Kind, ...] = ("fix", "settlement", "dof")
RULE_KNOWN_FROM = date(1996, 1, 1)
MIDNIGHT = time()
SATURDAY = 5
LASTING = frozenset({"simulated_data", "late_publication", "dates_unconfirmed"})
"""The warnings that don't shorten how long an answer is kept; all others do."""
SHORT, MAX_PROBLEM_SECONDS = 15, 5
PLACES = Decimal("0.000001")
LAST_WITHIN = timedelta(days=60)
"""Ten values lie in so many days, unless many are missing."""
Claim = Iterator[str]


def contradictions(facts: Facts, question: Question, said: Said) -> Claim:
    """Yield why what was said is false, nothing if it holds."""
    is_past = question.as_of is not None
    here = Standpoint(facts, question.as_of or facts.now, is_past)
    if said.status not in (200, 404, 503):
        yield f"status {said.status}"
        return
    yield from _caching(here, said)
    if said.status != 200 and question.endpoint != "health":
        yield from _problem(here, question, said)
        return
    if is_past and not _is_within_record(here):
        yield "`as_of` answers before the whole history was recorded"
    yield from ANSWERS[question.endpoint](here, question, said.body)
    yield from _warned(here, said.body)


# How long it is kept


def _caching(here: Standpoint, said: Said) -> Claim:
    control, now = said.cache_control, here.facts.now
    if "immutable" in control:
        if not (here.is_past and here.at <= here.facts.told_at <= now):
            yield "immutable, though a later recording may belong to it"
        if said.status != 200:
            yield "an immutable problem"
    elif control != "no-store":
        if here.is_past:
            yield f"`as_of` is kept as {control}"
        yield from _shared(here, said, int(control.rpartition("s-maxage=")[2]))


def _shared(here: Standpoint, said: Said, seconds: int) -> Claim:
    now = here.facts.now
    if seconds > SHORT:
        yield from (f"s-maxage={seconds} {reason}" for reason in _hurried(here, said.body))
    if now + timedelta(seconds=seconds) > _next_turn(here):
        yield f"s-maxage={seconds} reaches beyond the next turn of the day"
    limit = (said.body.get("freshness") or {}).get("fresh_until")
    if limit and now <= _instant(limit) < now + timedelta(seconds=seconds - 1):
        yield f"s-maxage={seconds} reaches beyond fresh_until"
    if said.status != 200 and seconds > MAX_PROBLEM_SECONDS:
        yield f"a problem is kept for {seconds} s"


def _hurried(here: Standpoint, body: Any) -> Claim:
    """Yield why shared caches must keep an answer shortly."""
    passing = set(body.get("warnings", ())) - LASTING
    if passing or not body.get("known", True):
        yield f"beside {sorted(passing) or 'unknown days'}"
    if any(code[:7] == "not-yet" for code in _codes(body)):
        yield "though a day is still to come"
    if here.facts.feed != "redis":
        yield "though the stream is not read"
    if _is_awaited(here):
        yield "while the FIX may appear at any moment"


def _codes(body: Any) -> list[str]:
    """Return the codes of what has no rate within an answer."""
    results = [result.get("problem", {}).get("code", "") for result in body.get("results", ())]
    return [*results, *body.get("problems", {}).values()]


def _is_awaited(here: Standpoint) -> bool:
    now, today = here.facts.now, here.facts.today
    if not may_open(today, here.facts.calendar) or newest_seen(here.facts) == today:
        return False
    return wall(today, AWAITED_FROM) <= now < wall(today, LATE_FROM)


def _next_turn(here: Standpoint) -> datetime:
    now, today = here.facts.now, here.facts.today
    turns = [wall(today + DAY, MIDNIGHT)]
    if may_open(today, here.facts.calendar) and here.recorded("fix", today) is None:
        turns += [wall(today, at) for at in (AWAITED_FROM, NOON, LATE_FROM)]
    return min(turn for turn in turns if turn > now)


def _warned(here: Standpoint, body: Any) -> Claim:
    warnings = set(body.get("warnings", ()))
    if here.is_past:
        if warnings - {"dates_unconfirmed"}:
            yield f"`as_of` warns of {sorted(warnings)}"
        if "freshness" in body or "level" in body:
            yield "`as_of` says how fresh it is"
    elif body.get("known") is False and not warnings:
        yield "unknown days without a warning"


# Problems


def _problem(here: Standpoint, question: Question, said: Said) -> Claim:
    code = said.body["code"]
    if said.status == 503 and said.retry_after is None:
        yield f"{code} without Retry-After"
    if code == "no-data":
        series = (here.facts.fix, here.facts.settlement)
        if any(known.newest(here.facts.now) is not None for known in series):
            yield "no-data, though something is recorded"
    elif code == "before-first-record":
        if not here.is_past or _is_within_record(here):
            yield "before-first-record, though the whole history was recorded by then"
    else:
        yield from _unanswered(here, question, code)


def _unanswered(here: Standpoint, question: Question, code: str) -> Claim:
    if question.endpoint == "current" or code == "no-current-rate":
        yield from _no_current(here, question, code)
    elif question.is_csv:
        yield from _no_table(here, question, code)
    elif question.endpoint in ("convert", "day", "day_sheet"):
        day = question.day or here.today
        yield from _absence(here, question.kind, day, code, "roll=none" in question.query)
    else:
        yield f"a list is refused: {code}"


def _no_table(here: Standpoint, question: Question, code: str) -> Claim:
    """Judge that a list is refused as CSV: by right if one of its days is so answered."""
    kind = question.kind
    unknown = [day for day in _span(*question.days) if here.is_unknown(kind, day)]
    false = FALSE[kind]
    if not unknown:
        yield f"{code}, but all is known"
    elif all(false(here, day, code) for day in unknown):
        yield f"{code} for none of the days from {unknown[0]}"


def _is_within_record(here: Standpoint) -> bool:
    instants = (here.facts.fix.complete_at, here.facts.settlement.complete_at)
    return all(instant is not None and instant <= here.at for instant in instants)


def _no_current(here: Standpoint, question: Question, code: str) -> Claim:
    kind = RESTS_ON[question.kind]
    if question.kind == "dof" and _is_gazette_checked(here):
        return
    if here.is_past:
        if code == "gap" or (kind == "fix" and here.facts.fix.newest(here.at) is not None):
            yield f"{code} instead of the value recorded by then"
        return
    has_value = (
        here.facts.fix.newest(here.at) is not None
        if kind == "fix"
        else here.settled(here.today) is not None
    )
    if code != "no-current-rate" or question.day is not None:
        yield f"refused by {code}"
    elif has_value and here.is_heard(kind):
        yield "no current rate, though it is recorded and verified"


def _is_gazette_checked(here: Standpoint) -> bool:
    """Tell whether what the Gazette has today is under review, or nobody can know what was due."""
    _, determined = here.publication_of(here.today)
    is_open = here.is_published_dark(here.today) or here.is_publication_doubted(here.today)
    if is_open or determined is None or here.today > here.calendar.last:
        return True
    return here.reviewed("fix", determined) and here.recorded("fix", determined) is None


def _absence(here: Standpoint, kind: Kind, day: date, code: str, rolls_not: bool) -> Claim:
    """Judge the problem of `day`, or of a day that it rolls back to."""
    if kind == "settlement":
        if here.settled(day) is not None:
            yield f"{code}, though its value is recorded"
        elif reason := _false_settlement(here, day, code):
            yield reason
        return
    if kind == "dof":
        yield from _no_publication(here, day, code, rolls_not)
        return
    answering = day
    while (
        not rolls_not
        and FIRST_DAY < answering <= here.today
        and here.recorded("fix", answering) is None
        and here.is_closed(answering)
        and not (here.reviewed("fix", answering) and answering.weekday() < SATURDAY)
        and here.complete("fix", answering)
    ):
        answering -= DAY
    if here.recorded("fix", answering) is not None and answering <= here.today:
        yield f"{code}, though the FIX of {answering} is recorded"
    elif reason := _false_fix(here, answering, code):
        yield f"{reason} ({answering})"


def _no_publication(here: Standpoint, day: date, code: str, rolls_not: bool) -> Claim:
    """Judge the problem of a day of the Gazette, or of the FIX that is due there."""
    published, determined = here.publication_of(day)
    truths = {
        "before-first-observation": day < FIRST_DAY or determined is None,
        "not-yet-known": day > here.calendar.last,
        "history-loading": here.is_published_dark(day),
        "no-publication-on-closed-day": rolls_not and published != day,
        "under-review": here.is_publication_doubted(day),
        "gap": published is None,
    }
    if truths.get(code):
        return
    if determined is None:
        yield f"{code} is false of what the Gazette has on {day}"
    else:
        yield from _absence(here, "fix", determined, code, rolls_not=True)


def _false_publication(here: Standpoint, day: date, code: str) -> str | None:
    return next(_no_publication(here, day, code, rolls_not=True), None)


def _false_fix(here: Standpoint, day: date, code: str) -> str | None:
    """Return why the problem of `day`, which has no FIX recorded, is false."""
    known = here.facts.fix
    truths: dict[str, Callable[[], bool]] = {
        "before-first-observation": lambda: day < FIRST_DAY,
        "not-yet-known": lambda: day > here.today or _is_undecided(here, day),
        "under-review": lambda: here.reviewed("fix", day),
        "history-loading": lambda: not here.complete("fix", day),
        "no-fix-on-closed-day": lambda: here.is_closed(day),
        "gap": lambda: (
            _is_missing_for_good(here, day)
            and ((here.is_past and day in known.reviewed) or known.shown(day, here.at) is None)
        ),
        "not-verified": lambda: (
            here.may_be_due(day) and not here.has_later("fix", day) and not here.is_heard("fix")
        ),
        "not-yet-published": lambda: _is_yet_to_come(here, day),
        "not-known-then": lambda: (
            here.is_past and here.may_be_due(day) and not here.has_later("fix", day)
        ),
    }
    if code not in truths:
        return f"{code} is no answer for a day"
    if code == "not-verified" and here.is_past:
        return "not-verified with as_of"
    if day in here.facts.fix.reviewed and not here.is_past and code != "under-review":
        return f"{code}, though its value is under review"
    return None if truths[code]() else f"{code} is false"


def _is_missing_for_good(here: Standpoint, day: date) -> bool:
    """Tell whether a banking day is known to have no FIX, since a later one is recorded."""
    return (
        day >= CALENDAR_BEGINS
        and here.is_due(day)
        and here.complete("fix", day)
        and not here.reviewed("fix", day)
        and here.recorded("fix", day) is None
        and here.has_later("fix", day)
    )


def _is_undecided(here: Standpoint, day: date) -> bool:
    """Tell whether nobody knows if `day` has a FIX, but that it is not missed by now."""
    if not is_past(day, here.calendar):
        return False
    return not here.may_be_due(day) or here.has_later("fix", day) or here.is_heard("fix")


def _is_yet_to_come(here: Standpoint, day: date) -> bool:
    """Tell whether the FIX of a banking day is not due, or late as the source itself says."""
    if day < CALENDAR_BEGINS or not is_banking_day(day, here.calendar) or day > here.today:
        return False
    if not here.is_due(day):
        return True
    return not here.has_later("fix", day) and here.is_heard("fix")


def _false_settlement(here: Standpoint, day: date, code: str) -> str | None:
    """Return why the problem of `day`, which has no settlement, is false."""
    determined = here.awaited_determination(day)
    ahead = day > here.today
    due, later = here.may_be_due(determined), here.has_later("settlement", day)
    known = here.complete("settlement", day) and not here.rests_on_missing_history(day)
    reviewed = here.reviewed("settlement", day) or here.reviewed("fix", determined)
    heard = here.is_heard("settlement")
    truths = {
        "before-first-observation": day < FIRST_DAY or (determined is None and known),
        "under-review": reviewed,
        "history-loading": not known,
        "gap": _has_no_settlement(here, day) and known and (later or (heard and due and not ahead)),
        "not-verified": not here.is_past and due and not later and not heard,
        "not-yet-known": not due or (ahead and (here.is_past or (heard and not later))),
        "not-known-then": here.is_past and due and not later and not ahead,
    }
    if code not in truths:
        return f"{code} is no answer for a settlement"
    if reviewed and code != "under-review":
        return f"{code}, though its value is under review"
    return None if truths[code] else f"{code} is false"


def _has_no_settlement(here: Standpoint, day: date) -> bool:
    """Tell whether the source has none, and no FIX stands in for it.

    With `as_of` only what is recorded counts, never what is under review.
    """
    aside = here.is_past and day in here.facts.settlement.reviewed
    if not aside and here.facts.settlement.shown(day, here.at) is not None:
        return False
    determined = here.determination_of(day)
    if determined is None or not here.is_before_stored(day):
        return True
    return here.facts.fix.shown(determined, here.at) is None


# Rates


def _day(here: Standpoint, question: Question, body: Any) -> Claim:
    assert question.day is not None
    yield from _rate(here, question.kind, question.day, body)


def _rate(here: Standpoint, kind: Kind, day: date, body: Any) -> Claim:
    """Judge the rate that answers for `day`."""
    resolved = date.fromisoformat(body["resolved"])
    yield from _in_force(here, kind, day, body)
    if kind == "dof":
        yield from _published_rate(here, day, body)
        if resolved != here.publication_of(day)[0]:
            yield f"{day} has the Gazette of {resolved}, not of {here.publication_of(day)[0]}"
        return
    if kind == "settlement":
        yield from _settlement_rate(here, resolved, body)
        if resolved != day:
            yield f"a settlement rolled to {resolved}"
        return
    yield from _fix_rate(here, resolved, body)
    between = (resolved + ahead * DAY for ahead in range(1, (day - resolved).days + 1))
    for passed in between:
        if here.recorded("fix", passed) is not None or not here.is_closed(passed):
            yield f"{passed} counts as closed, which had a FIX or should have"
        elif not here.complete("fix", passed):
            yield f"{passed} counts as closed, which nobody has asked for"


def _fix_rate(here: Standpoint, day: date, body: Any) -> Claim:
    recorded = here.recorded("fix", day)
    if recorded is None or Decimal(body["rate"]) != recorded:
        yield f"the FIX of {day} is {body['rate']}, recorded is {recorded}"
    yield from _dates(here, body["dates"])
    if body["dates"]["determined"] != str(day):
        yield f"determined on {body['dates']['determined']}, not {day}"
    yield from _rate_warnings(here, "fix", day, body)


def _published_rate(here: Standpoint, day: date, body: Any) -> Claim:
    """Judge the FIX that the Gazette has on `day`."""
    _, determined = here.publication_of(day)
    is_unknown = here.is_published_dark(day) or here.is_publication_doubted(day)
    if determined is None or not body["derived"] or is_unknown:
        yield f"{day} has a publication, though nobody can know of which FIX"
    else:
        yield from _fix_rate(here, determined, body)


def _in_force(here: Standpoint, kind: Kind, day: date, body: Any) -> Claim:
    """Judge whether the rate is said to apply on `day`."""
    said, determined = body["in_force"], body["dates"]["determined"]
    settled, own = here.settled(day), _applying(here, day)
    if day >= RULE_KNOWN_FROM and kind == "settlement":
        if said is not True:
            yield f"a settlement of {day} that is not in force"
    elif day < RULE_KNOWN_FROM or settled is None:
        if said is not None:
            yield f"in_force is {said} on {day}, which nobody can know"
    elif said and settled[0] != Decimal(body["rate"]):
        yield f"{body['rate']} is said to apply on {day}: it is {settled[0]}"
    elif own is not None and said is not (determined == str(own)):
        yield f"in_force is {said} on {day}, which the FIX of {own} applies on"


def _applying(here: Standpoint, day: date) -> date | None:
    """Return the day whose FIX applies on `day`, None where values and calendar don't tell."""
    settled, own = here.settled(day), determination_of(day, here.facts.truth)
    if settled is None or own is None or own != here.determination_of(day) or here.is_doubted:
        return None
    return own if here.recorded("fix", own) == settled[0] else None


def _settlement_rate(here: Standpoint, day: date, body: Any) -> Claim:
    expected = here.settled(day)
    if expected != (Decimal(body["rate"]), body["derived"]):
        yield f"the settlement of {day} is {body['rate']}, {body['derived']=}: it is {expected}"
    yield from _dates(here, body["dates"])
    determined = body["dates"]["determined"]
    own = determination_of(day, here.calendar if body["derived"] else here.facts.truth)
    is_own = determined in (None, str(own)) or own in here.facts.fix.corrected
    if not is_own and not _is_explained(here, date.fromisoformat(determined), day):
        yield f"determined on {determined}, not {own}"
    warnings = body.get("warnings", ())
    if determined is None and "dates_unconfirmed" not in warnings:
        yield "no day of determination, and no warning"
    if here.lacks_fix_of(day) and "history_loading" not in warnings:
        yield "the FIX that it rests on is not loaded, and nothing warns"
    yield from _rate_warnings(here, "settlement", day, body)


def _rate_warnings(here: Standpoint, kind: SeriesKind, day: date, body: Any) -> Claim:
    withdrawn = day in here.facts.known(kind).withdrawn and not here.is_past
    if withdrawn and "withdrawn_at_source" not in body.get("warnings", ()):
        yield f"{day} is withdrawn, and nothing warns"


def _dates(here: Standpoint, dates: Any) -> Claim:
    """Judge the legal dates; confirmed are they by this very FIX and a stored settlement."""
    determined, first, last = (
        dates[name] and date.fromisoformat(dates[name])
        for name in ("determined", "applies_from", "applies_to")
    )
    yield from _published_by_calendar(here, dates, determined)
    if not dates["confirmed"]:
        return
    if determined is None or first is None:
        yield "confirmed dates that are not there"
        return
    stored, fix = here.recorded("settlement", first), here.recorded("fix", determined)
    if stored is None or fix is None or stored != fix:
        yield f"confirmed, but the FIX is {fix} and the settlement of {first} {stored}"
    if _is_ambiguous(here, determined, first, last or first):
        return
    yield from _dates_by_calendar(here, dates, determined, first)
    if last is not None and last not in _last_days(here, determined, last):
        yield f"applies to {last}, the calendar says {_last_days(here, determined, last)}"


def _published_by_calendar(here: Standpoint, dates: Any, determined: date | None) -> Claim:
    said = dates["dof_published"]
    if determined is None or said is None:
        return
    if said != _text(banking_day_after(determined, here.calendar)):
        yield f"a day of publication that the calendar refutes: {dates}"


def _dates_by_calendar(here: Standpoint, dates: Any, determined: date, first: date) -> Claim:
    truth = here.facts.truth
    if determination_of(first, truth) != determined:
        yield f"confirmed, but {first} rests on {determination_of(first, truth)}"
    if first != open_day_after(determined, truth) + DAY:
        yield f"confirmed dates that the calendar refutes: {dates}"


def _last_days(here: Standpoint, determined: date, last: date) -> set[date]:
    """Return what may be the last day: the true one, or of what is still to come the calendar's."""
    found = {here.facts.truth}
    is_to_come = here.recorded("settlement", last) is None and not here.reviewed("settlement", last)
    if is_to_come or _is_explained(here, determined, last):
        found.add(here.calendar)
    return {open_day_after(open_day_after(determined, each), each) for each in found}


def _is_explained(here: Standpoint, determined: date, settled: date) -> bool:
    """Tell whether the calendar of then names `determined`, and nothing tells that it is wrong.

    Of equal neighbours the values can't tell which of them applies (rule 31).
    """
    value = here.recorded("fix", determined)
    is_equal = value is not None and value == here.recorded("settlement", settled)
    return is_equal and not here.is_doubted and here.determination_of(settled) == determined


def _is_ambiguous(here: Standpoint, determined: date, first: date, last: date) -> bool:
    """Tell whether a FIX corrected alone leaves its settlements to an equal neighbour (rule 31).

    Never to a FIX of the day before: that is published on the day itself at the earliest.
    """
    settled = (first + ahead * DAY for ahead in range((last - first).days + 1))
    truth, corrected = here.facts.truth, here.facts.fix.corrected
    is_corrected = any(determination_of(day, truth) in corrected for day in settled)
    return is_corrected and first - determined > DAY


def _current(here: Standpoint, question: Question, body: Any) -> Claim:
    yield from _current_rate(here, question.kind, body)
    if not here.is_past:
        yield from _freshness(here, (RESTS_ON[question.kind],), body)
    yield from _change(here, question.kind, body)


def _change(here: Standpoint, kind: Kind, body: Any) -> Claim:
    """Judge the value before the current one, and the difference."""
    if body["previous"] is None:
        return
    day, rate = date.fromisoformat(body["previous"]["date"]), Decimal(body["previous"]["rate"])
    listed = _listed(here, kind, day)
    if listed is None or listed[0] != rate or day >= here.today:
        yield f"the value before is said to be {rate} of {day}, it is {listed}"
    if Decimal(body["change"]) != Decimal(body["rate"]) - rate:
        yield f"{body['change']} from {rate} to {body['rate']}"


def _current_rate(here: Standpoint, kind: Kind, body: Any) -> Claim:
    yield from _in_force(here, kind, here.today, body)
    if kind == "dof":
        published = date.fromisoformat(body["dates"]["dof_published"])
        yield from _published_rate(here, published, body)
        return
    newest = here.today if kind == "settlement" else here.facts.fix.newest(here.at)
    if newest is None:
        yield "a FIX that nobody recorded"
    elif kind == "fix":
        yield from _fix_rate(here, newest, body)
    else:
        yield from _settlement_rate(here, newest, body)


def _conversion(here: Standpoint, question: Question, body: Any) -> Claim:
    if question.day is None:
        yield from _current_rate(here, question.kind, body)
    else:
        yield from _rate(here, question.kind, question.day, body)
    if Decimal(body["result"]) != Decimal(body["rate"]):
        yield f"a dollar is {body['result']}, at {body['rate']}"


def _freshness(here: Standpoint, kinds: tuple[SeriesKind, ...], body: Any) -> Claim:
    state, warnings = body["freshness"]["state"], set(body["warnings"])
    heard = all(here.is_heard(kind) for kind in kinds)
    if heard == (state == "unverified"):
        yield f"{state}, though the source was{'' if heard else ' not'} heard within its limit"
    elif heard and (reason := _false_state(here, state)):
        yield reason
    if body["level"] == "healthy" and not heard:
        yield "healthy, though the source was not heard"
    if ("unverified" in warnings) != (state == "unverified"):
        yield f"{state}, warnings {sorted(warnings)}"
    yield from _limits(here, kinds, body["freshness"])
    if "fix" in kinds:
        yield from _review(here, body)
    yield from _expected(here, body["freshness"]["next_publication_at"])


def _limits(here: Standpoint, kinds: tuple[SeriesKind, ...], freshness: Any) -> Claim:
    """Judge the instants that tell a client how long it may believe the answer."""
    known = [here.facts.known(kind) for kind in kinds]
    heard = [each.heard_at for each in known]
    limits = [limit for each in known if (limit := fresh_limit(here.facts, each)) is not None]
    verified_at, fresh_until = freshness["verified_at"], freshness["fresh_until"]
    if verified_at is None and None not in heard:
        yield f"never verified, heard at {heard}"
    if verified_at is not None and _instant(verified_at) not in heard:
        yield f"verified at {verified_at}, heard at {heard}"
    if fresh_until and (len(limits) < len(known) or _instant(fresh_until) > min(limits)):
        yield f"fresh until {fresh_until}, at most until {limits}"


def _false_state(here: Standpoint, state: str) -> str | None:
    """Return why a state of the calendar is false at this instant."""
    now, today = here.facts.now, here.facts.today
    seen = newest_seen(here.facts)
    is_open = is_banking_day(today, here.calendar)
    unseen = is_open and (seen is None or seen < today)
    late = is_missing(here.facts, now, LATE_FROM)
    awaited = unseen and wall(today, AWAITED_FROM) <= now < wall(today, LATE_FROM)
    is_past_calendar = today > here.facts.calendar.last
    expected = "fresh" if is_open or is_past_calendar or seen == today else "closed_day"
    if awaited:
        expected = "awaiting_publication"
    if late:
        expected = "late"
    return None if state == expected else f"{state}, it is {expected}"


def _review(here: Standpoint, body: Any) -> Claim:
    newest = here.facts.fix.newest(here.at) or FIRST_DAY
    ahead = any(day >= newest for day in here.facts.fix.reviewed)
    if ahead and (body["level"] == "healthy" or "value_under_review" not in body["warnings"]):
        yield "healthy, though a newer FIX is under review"


def _expected(here: Standpoint, instant: str | None) -> Claim:
    if instant is None:
        return
    at = _instant(instant)
    day = local(at).date()
    if at != wall(day, NOON) or not is_banking_day(day, here.calendar) or day < here.today:
        yield f"the next FIX is expected at {instant}"
    elif here.recorded("fix", day) is not None:
        yield f"the next FIX is expected on {day}, which has one"


# Lists


def _historical(here: Standpoint, question: Question, body: Any) -> Claim:
    if not question.days:
        yield from _last(here, question, body)
        return
    first, last = question.days
    rows = {
        date.fromisoformat(row["date"]): (Decimal(row["rate"]), row["derived"])
        for row in body["observations"]
    }
    for day in _span(first, last):
        expected = _listed(here, question.kind, day)
        if rows.get(day) != expected:
            yield f"{day} is listed as {rows.get(day)}, it is {expected}"
    if len(rows) != body["count"]:
        yield f"count {body['count']} of {len(rows)} rows"
    for row in body["observations"] if question.kind != "dof" else ():
        warned = RESTS_ON[question.kind]
        yield from _rate_warnings(here, warned, date.fromisoformat(row["date"]), row)
    yield from _known(here, question.kind, _span(first, last), body)


def _last(here: Standpoint, question: Question, body: Any) -> Claim:
    """Judge the last ten values: they reach back to where ten are known, or into the dark."""
    days = _span(here.today - LAST_WITHIN, here.today)
    values = [day for day in days if _listed(here, question.kind, day) is not None][-10:]
    listed = [date.fromisoformat(row["date"]) for row in body["observations"]]
    if len(values) == 10 and listed != values:
        yield f"the last values are of {listed}, not of {values}"
    since = values[0] if len(values) == 10 else FIRST_DAY
    dark = not here.complete(RESTS_ON[question.kind], since)
    dark |= any(here.is_unknown(question.kind, day) for day in days if day >= since)
    if body["known"] and dark:
        yield "known: true, but not every one of the last values is"


def _listed(here: Standpoint, kind: Kind, day: date) -> tuple[Decimal, bool] | None:
    if kind == "settlement":
        return here.settled(day)
    if kind == "dof":
        published, determined = here.publication_of(day)
        if published != day or determined is None or here.is_published_dark(day):
            return None
        if here.is_publication_doubted(day):
            return None
        listed = _listed(here, "fix", determined)
        return listed and (listed[0], True)
    value = here.recorded("fix", day) if day <= here.today else None
    return None if value is None else (value, False)


def _span(first: date, last: date) -> list[date]:
    return [first + ahead * DAY for ahead in range((last - first).days + 1)]


def _known(here: Standpoint, kind: Kind, days: list[date], body: Any) -> Claim:
    """Judge `known`: true if and only if each day has a value or is known to have none."""
    unknown = [day for day in days if here.is_unknown(kind, day)]
    if body["known"] and unknown:
        yield f"known: true, but nothing can be known of {unknown[0]}"
    if not body["known"] and not unknown:
        yield "known: false, but all is known"


def _gaps(here: Standpoint, question: Question, body: Any) -> Claim:
    first, last = question.days
    listed = {date.fromisoformat(row["date"]): row["status"] for row in body["gaps"]}
    for day in _span(first, last):
        expected = _gap(here, day)
        if listed.get(day) != expected:
            yield f"{day} is listed as {listed.get(day)}, it is {expected}"
    yield from _known(here, "fix", _span(first, last), body)


def _gap(here: Standpoint, day: date) -> str | None:
    """Return what `day` is called among the gaps, None if it is none."""
    if day > here.today or not here.complete("fix", day) or here.recorded("fix", day) is not None:
        return None
    if here.reviewed("fix", day):
        return "under_review"
    if here.is_declared(day):
        return "declared_closed"
    return _missing(here, day) if here.is_due(day) else None


def _missing(here: Standpoint, day: date) -> str | None:
    if here.has_later("fix", day):
        return "absent"
    if not here.is_heard("fix"):
        return "unverified"
    return "late" if here.at >= wall(day, LATE_FROM) else None


def _average(here: Standpoint, question: Question, body: Any) -> Claim:
    length = int(question.window.removesuffix("d"))
    days = _span(here.today - (length - 1) * DAY, here.today)
    values = [value for day in days if (value := here.recorded("fix", day)) is not None]
    mean = body["mean"] and Decimal(body["mean"])
    expected = _mean(values)
    if mean != expected or body["count"] != len(values):
        yield f"the mean is {mean} of {body['count']}, not {expected} of {len(values)}"
    due = [day for day in days if here.is_due(day) and here.at >= wall(day, LATE_FROM)]
    missing = [day for day in due if here.recorded("fix", day) is None]
    if body["complete"] != (not missing) or body["expected"] != len(values) + len(missing):
        yield f"{body['expected']} expected, complete: {body['complete']}, missing are {missing}"
    yield from _known(here, "fix", days, body)
    yield from _freshness(here, ("fix",), body)


def _mean(values: list[Decimal]) -> Decimal | None:
    if not values:
        return None
    return (sum(values, Decimal(0)) / len(values)).quantize(PLACES, ROUND_HALF_EVEN)


def _batch(here: Standpoint, question: Question, body: Any) -> Claim:
    kind = question.kind
    for day, result in zip(question.days, body["results"], strict=True):
        if problem := result.get("problem"):
            yield from _absence(here, kind, day, problem["code"], rolls_not=False)
        else:
            yield from _rate(here, kind, day, result)
    codes = {result["problem"]["code"] for result in body["results"] if "problem" in result}
    unknown = codes & {"history-loading", "not-verified", "under-review", "not-known-then"}
    if body["known"] == bool(unknown):
        yield f"known: {body['known']} with {sorted(codes)}"


def _revisions(here: Standpoint, question: Question, body: Any) -> Claim:
    assert question.day is not None
    values = [Decimal(row["rate"]) for row in body["observations"]]
    recorded = here.recorded(RESTS_ON[question.kind], question.day)
    if (values[-1] if values else None) != recorded:
        yield f"the newest revision is {values}, recorded is {recorded}"
    yield from _known(here, question.kind, [question.day], body)


def _sheet(here: Standpoint, question: Question, body: Any) -> Claim:
    """Judge each kind's rate of a day, and the problems of those that have none."""
    assert question.day is not None
    for kind in KINDS:
        if code := body["problems"].get(kind):
            yield from _absence(here, kind, question.day, code, rolls_not=False)
        elif body[kind] is None:
            yield f"{kind} has neither rate nor problem"
        else:
            yield from _rate(here, kind, question.day, body[kind])


def _summary(here: Standpoint, question: Question, body: Any) -> Claim:
    """Judge the figures of a span by the values of its days."""
    days = _span(*question.days)
    listed = {day: value[0] for day in days if (value := _listed(here, question.kind, day))}
    if body["count"] != len(listed) or body["mean"] != _text(_mean(list(listed.values()))):
        yield f"the mean of {body['count']} is {body['mean']}, there are {len(listed)}"
    for name, pick in (("low", min), ("high", max)):
        expected = pick(listed.values(), default=None)
        if (body[name] and Decimal(body[name]["rate"])) != expected:
            yield f"the {name} is {body[name]}, not {expected}"
    yield from _known(here, question.kind, days, body)


def _capabilities(here: Standpoint, _: Question, body: Any) -> Claim:
    yield from _expected(here, body["next_publication_at"])
    for kind in body["kinds"]:
        if kind["kind"] == "dof":
            continue  # What is known of it is known of the FIX.
        name: SeriesKind = kind["kind"]
        known = here.facts.known(name)
        if kind["last_date"] != _text(known.newest(here.at)):
            yield f"{name} ends on {kind['last_date']}"
        whole = here.complete(name, FIRST_DAY)
        if kind["first_date"] != (_text(known.first(here.at)) if whole else None):
            yield f"{name} begins on {kind['first_date']}"
        recent = _span(here.today - 30 * DAY, here.today)
        if kind["known"] and (not whole or any(here.is_unknown(name, day) for day in recent)):
            yield f"{name} is known, though days are not"


def _text(day: date | Decimal | None) -> str | None:
    return None if day is None else str(day)


def _health(here: Standpoint, _: Question, body: Any) -> Claim:
    yield from _freshness(here, ("fix", "settlement"), body)
    whole = all(here.complete(kind, FIRST_DAY) for kind in ("fix", "settlement"))
    if not whole and (body["level"] == "healthy" or "history_loading" not in body["warnings"]):
        yield "healthy, though history is missing"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


FALSE: dict[Kind, Callable[[Standpoint, date, str], str | None]] = {
    "fix": _false_fix,
    "settlement": _false_settlement,
    "dof": _false_publication,
}
ANSWERS: dict[str, Callable[[Standpoint, Question, Any], Claim]] = {
    "day": _day,
    "current": _current,
    "historical": _historical,
    "gaps": _gaps,
    "average": _average,
    "batch": _batch,
    "convert": _conversion,
    "revisions": _revisions,
    "capabilities": _capabilities,
    "health": _health,
    "day_sheet": _sheet,
    "summary": _summary,
}
