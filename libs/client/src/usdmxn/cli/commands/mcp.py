"""`mcp`: the rates as tools of an assistant, over stdin and stdout."""

from importlib.util import find_spec

import click

from usdmxn.cli.arguments import Command
from usdmxn.cli.language import Text
from usdmxn.cli.session import Session
from usdmxn.errors import MissingPackage

HELP = Text(
    "Servidor MCP para un asistente (Claude y otros), por la entrada y la salida estándar: lo "
    "inicia el asistente, no una persona.",
    "MCP server for an assistant (Claude and others), over stdin and stdout: the assistant starts "
    "it, not a person.",
)


@click.command("mcp", cls=Command, about=HELP)
@click.pass_obj
def mcp(session: Session) -> None:
    """Serve until stdin ends. Raises `MissingPackage`."""
    if find_spec("mcp") is None:
        raise MissingPackage("mcp")
    from usdmxn.mcp_server import serve  # noqa: PLC0415, an extra

    serve(session.url)
