"""The end of `./dev test`: what ran on which back end, and what was left out and why. Pure."""

from collections.abc import Sequence

from rates_dev.suite.outcome import Outcome

HEAD = ("what", "back end", "result", "passed", "failed", "left out", "seconds")


def render(outcomes: Sequence[Outcome], *, strict: bool) -> str:
    """Return the table, then a line per omission, then one line that says how it went."""
    rows = [HEAD, *(_row(outcome) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join([*lines, *_omissions(outcomes), "", _verdict(outcomes, strict=strict)])


def succeeded(outcomes: Sequence[Outcome], *, strict: bool) -> bool:
    """Say whether nothing failed and, if `strict`, nothing was left out."""
    complete = not any(outcome.left_out for outcome in outcomes)
    return all(outcome.ok for outcome in outcomes) and (complete or not strict)


def _row(outcome: Outcome) -> tuple[str, ...]:
    counts = (outcome.passed, outcome.failed, len(outcome.skipped))
    shown = [str(count) for count in counts] if outcome.stage.tests else ["", "", ""]
    if outcome.missing:
        shown = ["", "", "all"]
    back_end = outcome.stage.back_end.label if outcome.stage.back_end else "-"
    result = "left out" if outcome.missing else "ok" if outcome.ok else "FAILED"
    return (outcome.stage.name, back_end, result, *shown, f"{outcome.seconds:.1f}")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
    return "  ".join([*words, *numbers])


def _omissions(outcomes: Sequence[Outcome]) -> list[str]:
    lines = [
        f"  {outcome.stage.name}{_on(outcome)}: {reason}"
        for outcome in outcomes
        for reason in outcome.left_out
    ]
    return ["", "left out:", *lines] if lines else ["", "nothing was left out"]


def _on(outcome: Outcome) -> str:
    return f" on {outcome.stage.back_end.label}" if outcome.stage.back_end else ""


def _verdict(outcomes: Sequence[Outcome], *, strict: bool) -> str:
    failed = [outcome.stage.name + _on(outcome) for outcome in outcomes if not outcome.ok]
    if failed:
        return "FAILED: " + ", ".join(failed)
    if not succeeded(outcomes, strict=strict):
        return "FAILED: --strict, and something was left out"
    return "all passed"
