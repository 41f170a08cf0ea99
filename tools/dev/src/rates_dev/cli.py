"""The words of the command line, and the exit code of each command.

The justfile's recipes call it from the checkout's root. Only here is anything printed outside a
run.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rates_dev import commands, locks, suite
from rates_dev.errors import Refused
from rates_dev.stages import BACK_ENDS

say = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 refused or failed, 2 not understood."""
    options = _parser().parse_args(arguments)
    try:
        done = _run(options, Path.cwd())
    except Refused as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Who reads the output has read enough; what is still buffered must not fail at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    sys.exit(0 if done else 1)


def _run(options: argparse.Namespace, root: Path) -> bool:
    if options.command == "status":
        return commands.status(root, say)
    if options.command == "test":
        asked = {name: getattr(options, name) for name in ("strict", "only", "on")}
        return suite.run(root, os.environ, say, **asked)
    if options.command == "lock":
        if options.check:
            locks.check(root)
        else:
            locks.compile_all(root, upgrade=options.upgrade)
    elif options.command == "down":
        commands.down(root, say)
    else:
        start = commands.up_in_background if options.background else commands.up
        start(root, os.environ, say)
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__.splitlines()[0])
    words = parser.add_subparsers(dest="command", required=True)
    up = words.add_parser("up", help="start the platform")
    up.add_argument("--background", action="store_true", help="return once it answers")
    words.add_parser("status", help="exit 0 if the platform is up and takes requests")
    words.add_parser("down", help="end the platform")
    test = words.add_parser("test", help="run the checks and the tests")
    test.add_argument("--strict", action="store_true", help="what can't run here is a failure")
    test.add_argument("--only", action="append", default=[], help="a stage by name (repeatable)")
    test.add_argument("--on", action="append", choices=BACK_ENDS, help="a back end (repeatable)")
    lock = words.add_parser("lock", help="compile all locks")
    lock.add_argument("--upgrade", action="store_true", help="to the newest versions")
    lock.add_argument("--check", action="store_true", help="only say what is wrong with them")
    return parser
