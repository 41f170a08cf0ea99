"""Logs: shape, level, and that no secret comes through."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from rates_telemetry.logging import Style, set_up_logging


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The test run's own logging comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def _logged(level: str = "info", style: Style = "json") -> io.StringIO:
    stream = io.StringIO()
    set_up_logging(level, style, service="rates-sync", stream=stream)
    return stream


def test_event_is_one_json_line_with_its_keys() -> None:
    """A log line is a JSON object with event, keys, level, service and a UTC time."""
    stream = _logged()
    structlog.get_logger("rates_sync.cycle").warning("poll_failed", outcome="timeout")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["outcome"]) == ("poll_failed", "timeout")
    assert (line["level"], line["service"]) == ("warning", "rates-sync")
    assert line["logger"] == "rates_sync.cycle"
    assert line["timestamp"].endswith("Z")


def test_library_records_take_the_same_way() -> None:
    """What a library logs by the standard library is rendered like our own."""
    stream = _logged()
    logging.getLogger("granian").info("Listening at %s", "127.0.0.1")
    assert json.loads(stream.getvalue())["event"] == "Listening at 127.0.0.1"


def test_below_the_level_nothing_is_written() -> None:
    """At warning an info event costs no line, ours or a library's."""
    stream = _logged("warning")
    structlog.get_logger("x").info("quiet")
    logging.getLogger("granian").info("quiet")
    assert not stream.getvalue()


def test_secrets_are_masked() -> None:
    """A value under a secret-like key and a password inside a URL never reach the log."""
    stream = _logged()
    structlog.get_logger("x").info(
        "connecting", operator_token="hunter2", url="redis://user:hunter2@host:6379/0"
    )
    assert "hunter2" not in stream.getvalue()
    assert "redis://user:***@host:6379/0" in stream.getvalue()


def test_traceback_is_part_of_the_event() -> None:
    """A bug's traceback stands in its event, with URL passwords masked."""
    stream = _logged()
    error = RuntimeError("no answer from mysql://u:hunter2@db/rates")
    structlog.get_logger("x").error("ended", exc_info=error)
    line = json.loads(stream.getvalue())
    assert "RuntimeError" in line["exception"]
    assert "hunter2" not in line["exception"]


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_shows_no_local_variables(style: Style) -> None:
    """Neither a variable of the failing code nor a password inside the error's own text."""
    stream = _logged(style=style)
    try:
        _fail_with("".join(("hunter", "2")))
    except RuntimeError:
        structlog.get_logger("x").exception("failed")
    assert "RuntimeError" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def _fail_with(password: str) -> None:
    raise RuntimeError(f"can't connect to redis://:{password}@host:6379/0")


def test_console_lines_are_for_people() -> None:
    """The console format writes a readable line, not JSON."""
    stream = _logged(style="console")
    structlog.get_logger("x").info("started", port=8001)
    assert "started" in stream.getvalue()
    assert "port=8001" in stream.getvalue()


def test_unknown_level_is_refused() -> None:
    """A level that does not exist is an error that names those that do."""
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        set_up_logging("loud", "json", service="x")
