"""Logs as events with keys, JSON for machines or coloured lines for people.

The standard library's records (Granian, Litestar, SQLAlchemy) go through the same renderer.
"""

import logging
import re
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

Style = Literal["json", "console"]
LEVELS = ("debug", "info", "warning", "error")

HIDDEN = "***"
_SECRET_KEY = re.compile(r"token|password|secret|authorization|api_key", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?P<before>\w+://[^\s:/@]*:)[^\s@/]+(?P<after>@)")


def set_up_logging(
    level: str,
    style: Style,
    *,
    service: str,
    stream: TextIO | None = None,
) -> None:
    """Log at `level` and above to `stream` (standard error unless given), naming `service`.

    Replaces what was set up before: a process has one log.
    """
    shared = _shared(service)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(style),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_number(level))
    # Each request of the HTTP client at info: our own events say more, and name no URL.
    logging.getLogger("httpx").setLevel(max(_number(level), logging.WARNING))


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask values under secret-like keys and passwords inside URLs: the last line of defence."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: Any) -> Any:
    if isinstance(value, str):
        if _SECRET_KEY.search(key):
            return HIDDEN
        return _URL_PASSWORD.sub(rf"\g<before>{HIDDEN}\g<after>", value)
    return value


def _shared(service: str) -> list[Processor]:
    def named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        structlog.stdlib.ExtraAdder(),
        hide_secrets,
    ]


def _rendering(style: Style) -> list[Processor]:
    if style == "console":
        # Not the renderer's own tracebacks: they show local variables, and nothing masks those.
        renderer: Processor = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    else:
        renderer = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    return [structlog.processors.format_exc_info, hide_secrets, renderer]


def _number(level: str) -> int:
    if level.lower() not in LEVELS:
        raise ValueError(f"a level is one of {', '.join(LEVELS)}, not {level!r}")
    return logging.getLevelNamesMapping()[level.upper()]
