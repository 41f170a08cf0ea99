"""One run of the command line: its language, the service it asks, and how it speaks.

Answers go to stdout, for people or as JSON; everything about them goes to stderr, where it does not
get into a file or a pipe. Doubts are said in both, JSON aside, which has them as members.
"""

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date as Day
from datetime import datetime
from typing import Any, NoReturn

import msgspec
from rich.console import Console
from rich.text import Text as Styled

from usdmxn import Client
from usdmxn.cli.language import MEXICO_CITY, Language, Text
from usdmxn.cli.vocabulary import SIMULATED, WARNINGS, is_simulated, name
from usdmxn.client import default_url

BROKEN_PIPE = 141
"""The exit code of a program whose reader has gone: 128 and SIGPIPE."""
PIPE_WIDTH = 200
"""Columns where no terminal limits them, so that no line is broken."""

NOTE = Text("AVISO: {warning}", "WARNING: {warning}")


class Terminal(Console):
    """A console that ends the program where nobody reads it any more."""

    def on_broken_pipe(self) -> NoReturn:
        """End quietly."""
        raise BrokenPipeError


def terminal(*, stderr: bool = False) -> Terminal:
    """Return the console of stdout or stderr; without a terminal it has no colours."""
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # where the locale has no é, better a ? than nothing
    width = None if stream.isatty() else PIPE_WIDTH
    return Terminal(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def today_in_mexico_city() -> Day:
    """Return the day that it is in Mexico City."""
    return datetime.now(MEXICO_CITY).date()


@dataclass
class Session:
    """What every command has: `json` is whether programs read its output."""

    lang: Language
    json: bool = False
    url: str = field(default_factory=default_url)
    out: Console = field(default_factory=terminal)
    err: Console = field(default_factory=lambda: terminal(stderr=True))
    connect: Callable[[str], Client] = Client
    """Makes the client of the service at an address."""
    today: Callable[[], Day] = today_in_mexico_city

    def client(self) -> Client:
        """Return a client of the service; closing it is the caller's."""
        return self.connect(self.url)

    def say(self, text: Text, **values: Any) -> str:
        """Return a text in the session's language."""
        return text.to(self.lang, **values)

    def print(self, line: str = "", style: str = "") -> None:
        """Print a line of the answer; nothing in it is markup."""
        self.out.print(Styled(line, style=style))

    def print_json(self, answer: Any) -> None:
        """Print an answer as the service has given it, indented."""
        print(msgspec.json.format(msgspec.json.encode(answer)).decode(), file=self.out.file)

    def print_line(self, answer: Any) -> None:
        """Print an answer as a line of JSON, at once."""
        print(msgspec.json.encode(answer).decode(), file=self.out.file, flush=True)

    def facts(self, rows: Iterable[tuple[Text, str | None]]) -> None:
        """Print what is known, a line each, without what is not."""
        known = [(self.say(label), value) for label, value in rows if value]
        width = max((len(label) for label, _ in known), default=0)
        for label, value in known:
            self.out.print(Styled.assemble((f"  {label:<{width}}  ", "dim"), value))

    def note(self, line: str, style: str = "") -> None:
        """Print a line about the answer, to stderr."""
        self.err.print(Styled(line, style=style))

    def doubts(self, warnings: Iterable[str], *sources: str, aside: bool = False) -> None:
        """Say what an answer's warnings mean, first of all that its values are a simulator's.

        To stderr if programs read the answer, or `aside`.
        """
        codes = [code for code in warnings if code != SIMULATED]
        console = self.err if self.json or aside else self.out
        if is_simulated(warnings, *sources):
            line = self.say(WARNINGS[SIMULATED])
            console.print(Styled(f" {line} ", style="bold white on red"))
        for code in codes:
            line = self.say(NOTE, warning=name(WARNINGS, code, self.lang))
            console.print(Styled(line, style="bold yellow"))
