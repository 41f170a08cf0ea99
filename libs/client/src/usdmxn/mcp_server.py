"""The rates as tools of an assistant, by the Model Context Protocol over stdin and stdout.

Each answer has the rate with its days, its source, why it is this one, and every doubt in words: an
assistant repeats what it is told. Rates stay strings, so that nothing computes with floats.
"""

from collections.abc import Awaitable, Callable
from datetime import date as Day
from functools import wraps
from typing import Annotated, Any, ParamSpec

import anyio
import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from usdmxn import AsyncClient, __version__
from usdmxn.answers import SheetRate, Use
from usdmxn.cli.arguments import IN_FORCE, Asked
from usdmxn.cli.vocabulary import SIMULATED, SIMULATOR, WARNINGS, law, sentence
from usdmxn.errors import UsdMxnError
from usdmxn.purposes import kind_in

P = ParamSpec("P")
Told = dict[str, Any]

INSTRUCTIONS = """\
USD/MXN rates of Banco de México, in pesos per dollar. For invoices, taxes and payments take
`rate_for` with its purpose: which rate counts depends on the purpose and the day. Tell the person
the rate with its day, its source and the reason given here, and every warning. Never use simulated
values for anything real. Copy rates as they are; let `convert` compute. This is not tax advice.
"""

MAX_VALUES = 366
"""Values in one answer: more is for `summary`, not for reading."""

WHY = {
    "settlement": "The rate in force on a calendar day for obligations and taxes in Mexico: the "
    "FIX from the day after its publication in the Official Gazette (DOF) on. SF60653.",
    "fix": "The FIX by the banking day on which Banco de México determined it. SF43718.",
    "dof": "The FIX by the day on which it is due in the Official Gazette (DOF).",
}
"""What each kind of rate is."""

Purpose = Annotated[
    str,
    Field(
        description="What the rate is for: cfdi_invoice, cfdi_payment, tax, obligation (a debt), "
        "exchange_difference; for closing and contract no law names a rate."
    ),
]
Kind = Annotated[
    str,
    Field(description="settlement (the rate in force), fix (by determination) or dof (Gazette)."),
]
Date = Annotated[Day, Field(description="A day, YYYY-MM-DD.")]
Amount = Annotated[
    str, Field(description="As a string, 1234.56: no thousands separators, at most six decimals.")
]
Currency = Annotated[str, Field(description="USD or MXN.")]
Month = Annotated[str | None, Field(description="A month, YYYY-MM.")]
Year = Annotated[int | None, Field(description="A year.")]
From = Annotated[Day | None, Field(description="The first day, with `end`.")]
To = Annotated[Day | None, Field(description="The last day, with `start`.")]
Last = Annotated[int | None, Field(description="The newest so many values.")]


def serve(url: str) -> None:
    """Answer an assistant about the service at `url` until stdin ends."""
    anyio.run(_serve, url)


async def _serve(url: str) -> None:
    async with AsyncClient(url) as client:
        await mcp_server(client).run_stdio_async()


def mcp_server(client: AsyncClient) -> MCPServer:
    """Return the server whose tools ask `client`."""
    server = MCPServer("usdmxn", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR")
    tools = Tools(client)
    for tool in (tools.rate_for, tools.convert, tools.history, tools.summary):
        server.tool(annotations=ToolAnnotations(read_only_hint=True))(tool)
    return server


def _said(tool: Callable[P, Awaitable[Told]]) -> Callable[P, Awaitable[Told]]:
    """Let an assistant read why there is no answer, as a sentence."""

    @wraps(tool)
    async def told(*args: P.args, **kwargs: P.kwargs) -> Told:
        try:
            return await tool(*args, **kwargs)
        except UsdMxnError as error:
            raise ToolError(str(error)) from error

    return told


class Tools:
    """What an assistant can ask; each method is a tool, its docstring what the assistant reads."""

    def __init__(self, client: AsyncClient) -> None:
        """Ask `client`."""
        self._client = client

    @_said
    async def rate_for(self, purpose: Purpose, date: Date) -> Told:
        """Return the USD/MXN rate that counts for a purpose on a day, and by which law."""
        sheet = await self._client.day(date)
        kind = kind_in(sheet.use, purpose)
        use = next(use for use in sheet.use if use.purpose == purpose)
        rate: SheetRate | None = getattr(sheet, kind, None)
        if rate is None:  # the endpoint of the day says why
            await self._client.on(date, kind=kind)
            raise ToolError(f"there is no {kind} rate for {date}")
        warnings = (*sheet.warnings, *rate.warnings)
        told = _told(rate, _reason(kind, use), rate.provenance.source, warnings)
        return {"purpose": purpose, "date": str(date), "kind": kind, **told}

    @_said
    async def convert(
        self,
        amount: Amount,
        source: Currency = "USD",
        target: Currency = "MXN",
        date: Annotated[Day | None, Field(description="A day; today by default.")] = None,
        purpose: Annotated[str | None, Field(description="As in `rate_for`.")] = None,
        kind: Annotated[str | None, Field(description="Instead of a purpose.")] = None,
    ) -> Told:
        """Convert an amount between USD and MXN, at the rate in force on a day unless told."""
        asked = _asked(purpose, kind)
        conversion = await self._client.convert(amount, source, target, on=date, **asked)
        source_of_rate = conversion.provenance.source
        reason = WHY.get(conversion.kind, "")
        return _told(conversion, reason, source_of_rate, conversion.warnings)

    @_said
    async def history(
        self,
        kind: Kind = "settlement",
        last: Last = None,
        start: From = None,
        end: To = None,
        month: Month = None,
        year: Year = None,
    ) -> Told:
        """List the rates of a span (start and end, month, year) or the `last` few; 366 at most."""
        if not any((last, start, end, month, year)):
            last = 10
        history = await self._client.history(
            kind=kind, last=last, start=start, end=end, month=month, year=year
        )
        if history.count > MAX_VALUES:
            raise ToolError(
                f"{history.count} values are too many: ask for {MAX_VALUES} at most, or `summary`"
            )
        values = [{"date": str(row.date), "rate": str(row.rate)} for row in history.observations]
        told = _told(history, WHY.get(kind, ""), history.source, history.warnings)
        return {**told, "observations": values}

    @_said
    async def summary(
        self,
        kind: Kind = "settlement",
        month: Month = None,
        year: Year = None,
        start: From = None,
        end: To = None,
    ) -> Told:
        """Return mean, first, last, low and high of a month, a year, or `start` to `end`."""
        summary = await self._client.summary(
            kind=kind, month=month, year=year, start=start, end=end
        )
        return _told(summary, WHY.get(kind, ""), summary.source, summary.warnings)


def _asked(purpose: str | None, kind: str | None) -> Asked:
    if purpose:
        return {"purpose": purpose}
    return {"kind": kind} if kind else IN_FORCE


def _reason(kind: str, use: Use) -> str:
    """Return why this rate counts: which day's it is, unless what, by which law."""
    parts = [WHY.get(kind, "")]
    parts += [f"Of {use.day}."] if use.day else []
    parts += [f"Unless: {sentence(use.unless, 'en')}."] if use.unless else []
    source = law(use, "en")
    parts += [f"Source: {source}."] if source else []
    return " ".join(parts)


def _told(answer: msgspec.Struct, reason: str, source: str, warnings: tuple[str, ...] = ()) -> Told:
    """Return an answer's members, why it is this one, whose values, and every doubt in words.

    Why a day has another day's rate is `rolled`.
    """
    members = msgspec.to_builtins(answer)
    rolled = members.pop("reason", None)
    codes = dict.fromkeys((*([SIMULATED] if source == SIMULATOR else []), *warnings))
    doubts = [WARNINGS[code].en if code in WARNINGS else code for code in codes]
    said = {"reason": reason, "source": source, "warnings": doubts}
    return {**members, **said, **({"rolled": rolled} if rolled else {})}
