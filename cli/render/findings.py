"""What became of a source's rows, for people: the account, then finding by finding the rows themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow
from gex.cli.sources import HARMLESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.render.terminal import Terminal
    from gex.ingest.findings import Finding
    from gex.ingest.schema import Chain

LONGEST = 4
"""Lines of the screen that one bad row may take."""

HEAD = ("contract", "bid", "ask", "last", "volume", "open int.", "iv")


def page(chain: Chain, found: list[Finding], terminal: Terminal, *, most: int, refused: bool) -> str:
    """Return the explanation as text.

    Args:
        chain: What was read.
        found: Its findings.
        terminal: Width and colours.
        most: Rows to show of each finding.
        refused: Whether more rows are bad than the user accepts.

    """
    blocks = [[*_account(chain, found, terminal, refused=refused), *_overview(found)]]
    blocks += [list(_section(each, chain.quality.rows_in, terminal, most)) for each in found]
    blocks.append(_notes(chain, terminal))
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _account(chain: Chain, found: list[Finding], terminal: Terminal, *, refused: bool) -> Iterator[str]:
    """Say what it is, where every row went, and whether that is good enough."""
    spot = f" {figures.price(chain.spot)}" if chain.spot else ""
    yield terminal.paint(f"{chain.underlying}{spot}  {figures.moment(chain.quote_time)}", "ink", bold=True)
    report = chain.quality
    aside = sum(report.quarantined.values())
    yield f"{report.rows_in:,} rows in = {report.rows_kept:,} kept + {aside:,} set aside; source {chain.source.format}"
    bad = sum(each.count for each in found if _is_bad(each))
    flagged = int((chain.frame["quality"] != 0).sum())
    if refused:
        yield terminal.paint(f"REFUSED: {_rows(bad, report.rows_in)} bad", "alert", bold=True)
    else:
        yield f"ACCEPTED: {_rows(bad, report.rows_in)} bad; {flagged:,} of the rows kept are flagged"


def _notes(chain: Chain, terminal: Terminal) -> list[str]:
    return [line for note in chain.quality.notes for line in flow([f"note: {note}"], terminal.width, indent="  ")]


def _overview(found: list[Finding]) -> list[str]:
    if not found:
        return []
    rows = [(each.rule.code, f"{each.count:,}", _fate(each)) for each in found]
    return ["", *aligned([("FINDING", "ROWS", "WHAT BECAME OF THEM"), *rows], "<><")]


def _section(finding: Finding, rows_in: int, terminal: Terminal, most: int) -> Iterator[str]:
    """Lay out one finding: what it means, what to do, and its first rows."""
    rule = finding.rule
    title = f"{rule.code}: {_rows(finding.count, rows_in)} {_fate(finding)}"
    yield terminal.paint(title, "alert" if _is_bad(finding) else "ink", bold=True)
    remedy = f"remedy: {rule.remedy}" if rule.severity == "error" else rule.remedy
    yield from flow([f"  {rule.meaning}", remedy], terminal.width, separator="; ", indent="  ")
    if most:
        yield from _aside(finding, terminal, most) if rule.severity == "error" else _flagged(finding, most)


def _aside(finding: Finding, terminal: Terminal, most: int) -> Iterator[str]:
    """Give lines as they stand in the source: a bad one in full, of others the beginning.

    In a quote table one line is two rows.
    """
    lines = finding.rows.unique("line", maintain_order=True)
    number = max((len(str(line)) for line in lines.head(most)["line"]), default=0)
    room = terminal.width - number - len("  line   ")
    for line, text in lines.head(most).select("line", "row").iter_rows():
        parts = _wrapped(_printable(text), room, LONGEST if _is_bad(finding) else 1)
        yield f"  line {line:>{number}}  {parts[0]}"
        yield from (" " * (terminal.width - room) + part for part in parts[1:])
    if lines.height > most:
        yield f"  and {_counted(lines.height - most, 'line')} more"
    if finding.count > finding.rows.height:
        missing = _counted(finding.count - finding.rows.height, "row")
        yield from flow(
            [f"  {missing} set aside before this file was written; see what it was made from"], terminal.width
        )


def _flagged(finding: Finding, most: int) -> Iterator[str]:
    """Give contracts with the values that the rules look at."""
    rows = [_cells(row) for row in finding.rows.head(most).iter_rows(named=True)]
    yield from ("  " + line for line in aligned([HEAD, *rows], "<>>>>>>"))
    if finding.count > most:
        yield f"  and {_counted(finding.count - most, 'row')} more"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    contract = f"{row['root']} {row['expiration']} {row['option_type']} {figures.strike(row['strike'])}"
    prices = (_cell(row[name], ".2f") for name in ("bid", "ask", "last"))
    counts = (_cell(row[name], ",") for name in ("volume", "open_interest"))
    return (contract, *prices, *counts, _cell(row["implied_volatility"], ".4f"))


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _is_bad(finding: Finding) -> bool:
    return finding.rule.severity == "error" and finding.rule.code not in HARMLESS


def _fate(finding: Finding) -> str:
    if finding.rule.severity == "warning":
        return "kept, flagged"
    return "set aside as bad" if _is_bad(finding) else "set aside, not counted as bad"


def _rows(count: int, of: int) -> str:
    share = f" ({figures.percent(count / of)})" if count and of else ""
    return _counted(count, "row") + share


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _printable(text: str) -> str:
    """Return text that cannot steer the terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """Return text in at most `most` lines, what is left out marked."""
    parts = [text[start : start + width] for start in range(0, len(text), width)] or [""]
    if len(parts) > most:
        parts = [*parts[: most - 1], parts[most - 1][:-1] + "…"]
    return parts
