"""Audited claims as a table for people: each claim's own words under its verdict, its figures, what they come to."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gex.cli.render.claims_document import Failed, claimed_words, found_words
from gex.cli.render.terminal import aligned, flow
from gex.signals.verdicts import VERDICTS, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.render.claims_document import Audit
    from gex.cli.render.terminal import Terminal, Token
    from gex.signals.verdicts import Figure, Finding, Verdict

HEAD = ("VERDICT / FIGURE", "CLAIMED", "FOUND", "N", "95% INTERVAL", "BASE RATE")
NONE = "–"
INDENT = "    "
CLOSING = ")）、，。”’;；,."
"""What does not begin a line."""
WORDS: dict[Verdict, str] = {
    "wrong": "wrong",
    "inconsistent_units": "inconsistent units",
    "not_supported": "not supported",
    "cannot_be_told": "cannot be told",
    "consistent_units": "consistent units",
    "holds": "holds",
}
TOKENS: dict[Verdict, Token] = {"wrong": "alert", "inconsistent_units": "alert", "not_supported": "negative"}


def screen(audit: Audit, terminal: Terminal) -> str:
    """Return the audit as text, in the file's order."""
    head, *rows = aligned([HEAD, *(_row(figure) for each in audit.findings for figure in each.figures)], "<>>>>>")
    lines = [terminal.paint(each, "ink", bold=True) for each in flow(_status(audit), terminal.width, indent="  ")]
    lines += ["", terminal.paint(head, "muted")]
    left = iter(rows)
    for each in audit.entries:
        lines += _failed(each, terminal) if isinstance(each, Failed) else _finding(each, left, terminal)
    return "\n".join(lines) + "\n"


def _status(audit: Audit) -> list[str]:
    counts = {WORDS[each]: sum(found.verdict == each for found in audit.findings) for each in VERDICTS}
    counts["not audited"] = len(audit.failures)
    told = ", ".join(
        f"{count} {'hold' if word == 'holds' and count > 1 else word}" for word, count in counts.items() if count
    )
    ends = ", ".join(f"{name} to {end}" for name, end in audit.ends.items())
    many = len(audit.entries)
    return [audit.file, f"{many} claim{'s' if many > 1 else ''}: {told}", *([ends] if ends else [])]


def _finding(found: Finding, rows: Iterator[str], terminal: Terminal) -> list[str]:
    """Return a claim's own words under its verdict, its figures, and what they come to."""
    told = f"{found.claim.name}: “{' '.join(found.claim.text.split())}”, {found.claim.source}"
    head, *more = wrapped(f"{WORDS[found.verdict].upper()}  {told}", terminal.width, INDENT)
    lines = ["", terminal.paint(head, TOKENS.get(found.verdict, "ink"), bold=True), *more]
    lines += [next(rows) for _ in found.figures]
    words = "; ".join(each.words for each in found.figures)
    for text in (f"{found.how}: {words}", found.claim.note):
        lines += [terminal.paint(each, "muted") for each in wrapped(INDENT + text, terminal.width, INDENT) if text]
    return lines


def _failed(failed: Failed, terminal: Terminal) -> list[str]:
    head, *more = wrapped(f"NOT AUDITED  {failed.name}: {failed.message}", terminal.width, INDENT)
    return ["", terminal.paint(head, "alert", bold=True), *more]


def _row(figure: Figure) -> tuple[str, ...]:
    n = NONE if figure.n is None else f"{figure.n}"
    base = NONE if figure.base_rate is None else figure.base_words or said(figure.base_rate, figure.unit)
    return (f"  {figure.name}", claimed_words(figure) or NONE, found_words(figure) or NONE, n, _between(figure), base)


def _between(figure: Figure) -> str:
    if figure.interval is None:
        return NONE
    low, high = (said(each, figure.unit) for each in figure.interval)
    if figure.unit == "share" and high == "100%":
        return f"≥{low}"
    return f"{low.removesuffix('%')} to {high}"


def wrapped(text: str, width: int, indent: str) -> list[str]:
    """Break a text into lines no wider than `width`, later ones indented: at spaces, and beside wide characters."""
    lines, line, cut = [], "", 0
    for character in (each if each.isprintable() else "�" for each in text):
        if line.endswith(" ") or (cells(line[-1:]) == 2 and character not in CLOSING):
            cut = len(line)
        line += character
        if cells(line) > width and cut > len(indent):
            lines.append(line[:cut].rstrip())
            line, cut = indent + line[cut:].lstrip(), len(indent)
    return [*lines, line] if line.strip() else lines


def cells(text: str) -> int:
    """Return how many columns a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
