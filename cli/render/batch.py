"""What became of a batch, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from pathlib import Path

    from gex.cli.batch.drive import Tally
    from gex.cli.render.terminal import Terminal

SCHEMA_VERSION = 1
SHOWN = 20
"""Failures that the screen lists; the manifest has all."""
MEANING = {
    "done": "analysed and written",
    "known": "written before: the same content, settings and version",
    "skipped": "proved done by the manifest, not read",
    "failed": "no result; the reasons are below",
    "quarantined": "killed its worker twice, alone",
}


def screen(tally: Tally, results: Path, terminal: Terminal) -> str:
    """Return the summary as lines."""
    rows = [(f"{count:,}", name, MEANING[name]) for name, count in tally.counts.items() if count]
    counts = aligned(rows, "><<") if rows else ["nothing to do"]
    colored = [
        terminal.paint(line, "alert") if row[1] in {"failed", "quarantined"} else line
        for row, line in zip(rows, counts, strict=True)
    ] if rows else counts  # fmt: skip
    lines = [_head(tally, results), *(f"  {line}" for line in colored)]
    if tally.failures:
        lines += ["", terminal.paint("NO RESULT", "alert", bold=True), *_failures(tally, terminal)]
        lines += ["", "gex batch --resume does these again, and nothing else"]
    return "\n".join(lines)


def document(tally: Tally, spec: str, results: Path) -> dict[str, Any]:
    """Return the summary as JSON-ready values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "results": str(results),
        "manifest": tally.manifest and tally.manifest.relative_to(results).as_posix(),
        "spec_fingerprint": spec,
        "inputs": tally.inputs,
        "counts": tally.counts,
        "symbols": dict(sorted(tally.symbols.items())),
        "seconds": round(tally.seconds, 3),
        "other_batches": tally.others,
        "failed": [
            {name: line[name] for name in ("input", "status", "reason", "exit_code")} for line in tally.failures
        ],
    }


def _head(tally: Tally, results: Path) -> str:
    rate = f", {tally.inputs / tally.seconds:,.1f}/s" if tally.seconds > 0 and tally.inputs else ""
    symbols = ", ".join(f"{name} {count:,}" for name, count in sorted(tally.symbols.items())[:8])
    what = f"{tally.inputs:,} input{'s' if tally.inputs != 1 else ''} in {tally.seconds:,.1f} s{rate}"
    return f"{results}: {what}" + (f" ({symbols})" if symbols else "")


def _failures(tally: Tally, terminal: Terminal) -> list[str]:
    lines = []
    for line in tally.failures[:SHOWN]:
        reason = line["reason"]
        text = reason if line["input"] in reason else f"{line['input']}: {reason}"
        lines += flow([f"  {text}"], terminal.width, indent="    ")
    if len(tally.failures) > SHOWN:
        more = len(tally.failures) - SHOWN
        lines.append(f"  and {more:,} more: {tally.manifest}")
    return lines
