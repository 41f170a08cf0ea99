"""The words of the command line; the only place that prints or writes a file for people."""

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from bench.capacity.measured import SECTIONS as TAKEN
from bench.capacity.measured import measured
from bench.cpus import layout
from bench.errors import BenchRefused
from bench.machine import about
from bench.rates import latency_plot
from bench.report import Section, Table, as_json, as_markdown, as_text, figures_of
from bench.run import FULL, QUICK, SECTIONS, run
from bench.targets import verdicts

BY_HAND = "<!-- below: written by hand, kept by the next run -->"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write; exit 0 done (whatever was missed), 1 refused, 130 interrupted."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.capacity and options.only and not set(options.only) >= TAKEN:
        parser.error(f"--capacity takes figures of the sections {', '.join(sorted(TAKEN))}")
    # A kill unwinds like Ctrl-C does, so that every process ends with the benchmark.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _measure(options, sys.argv[1:] if arguments is None else list(arguments))
    except BenchRefused as refusal:
        print(f"bench: {refusal}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _measure(options: argparse.Namespace, words: Sequence[str]) -> None:
    cpus = layout()
    known = about(cpus, " ".join(words))
    for name, value in known.items():
        print(f"{name}: {value}")
    wanted = options.only or SECTIONS
    sections: dict[str, Section] = {}
    effort = QUICK if options.quick else FULL
    for name, section in run(
        wanted, effort, cpus, partial(print, "bench:", file=sys.stderr, flush=True)
    ):
        sections[name] = section
        print("\n".join(["", *map(as_text, section.tables)]), flush=True)
    summary = verdicts(figures_of(sections.values()))
    print(as_text(summary))
    _write(options, known, sections, summary)


def _write(
    options: argparse.Namespace,
    known: Mapping[str, str],
    sections: Mapping[str, Section],
    summary: Table,
) -> None:
    if options.json:
        options.json.write_text(as_json(known, sections), encoding="utf-8")
    if options.svg and "rates" in sections:
        title = "rates-api: latency at fixed rates (requests per second, open loop)"
        plot = latency_plot(sections["rates"].points, title)
        options.svg.write_text(plot, encoding="utf-8")
    if options.capacity:
        taken = measured(known, figures_of(sections.values()))
        options.capacity.write_bytes(msgspec.json.format(msgspec.json.encode(taken)) + b"\n")
    if options.markdown:
        page = _page(known, sections, summary, options.svg)
        options.markdown.write_text(page + kept_of(options.markdown), encoding="utf-8")


def kept_of(page: Path) -> str:
    """Return what people have written at the end of an earlier page, below `BY_HAND`."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    _, mark, kept = text.partition(BY_HAND)
    return f"\n{mark}{kept}" if mark else ""


def _page(
    known: Mapping[str, str], sections: Mapping[str, Section], summary: Table, plot: Path | None
) -> str:
    tables = [summary, *(table for section in sections.values() for table in section.tables)]
    lines = ["# Results", "", "Written by `just bench`; [what each row means](README.md).", ""]
    lines += [f"- {name}: {value}" for name, value in known.items()]
    if plot is not None and "rates" in sections:
        lines += ["", f"![Latency against rate]({plot.name})"]
    return "\n".join([*lines, "", *map(as_markdown, tables)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements")
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, help="a section (repeatable); default: all"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure as JSON")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="plot latency against rate")
    parser.add_argument(
        "--capacity", type=Path, metavar="FILE", help="write what the capacity study counts with"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of results")
    return parser
