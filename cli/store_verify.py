"""`gex store verify`: damaged files, stale snapshots, missing sessions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from gex.cli import options, values
from gex.cli.failures import BAD_DATA, DONE, MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gex.ingest.verify import Finding


@click.command("verify")
@click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")
@options.store_option
@click.option("--expect", multiple=True, metavar="SYMBOL", help="Name the sessions it lacks; may be repeated.")
@click.option("--from", "first", metavar="DATE", callback=values.day_of, help="First session expected.")
@click.option(
    "--to",
    "last",
    metavar="DATE",
    callback=values.day_of,
    help="Last session expected. [default: the last one closed]",
)
@options.report_form
@options.logging_options
def command(
    symbols: tuple[str, ...],
    store: Path | None,
    expect: tuple[str, ...],
    first: dt.date | None,
    last: dt.date | None,
    form: str,
) -> int:
    """Read every snapshot of the SYMBOLs, or of all, and say what is damaged, stale or missing.

    Exits with 3 if a file is damaged, else with 6 if a snapshot is stale or a session missing.
    """
    if bool(expect) != bool(first) or (last and not expect):
        raise click.UsageError("--expect SYMBOL and --from DATE go together; --to DATE may end them")
    place = options.needed_store(store)
    found = list(_findings(place, symbols, expect, first, last))
    click.echo(_as_json(found, place) if form == "json" else _table(found, place))
    if any(each.check.kind == "damaged" for each in found):
        return BAD_DATA
    return MISSING if found else DONE


def _findings(
    store: Path, symbols: tuple[str, ...], expect: tuple[str, ...], first: dt.date | None, last: dt.date | None
) -> Iterator[Finding]:
    from gex.ingest.calendar import last_session_end_at_or_before
    from gex.ingest.verify import missing_sessions, verify

    yield from verify(store, symbols or expect)
    if first:
        until = last or last_session_end_at_or_before(dt.datetime.now(dt.UTC), "late").date()
        for symbol in expect:
            yield from missing_sessions(store, symbol, first, until)


def _as_json(found: list[Finding], store: Path) -> str:
    from gex.cli.render.document import dumps, jsonable

    findings = [
        {
            "kind": each.check.kind,
            "code": each.check.code,
            "symbol": each.symbol,
            "date": each.quote_date,
            "where": each.where,
            "detail": each.detail,
            "meaning": each.check.meaning,
            "remedy": each.check.remedy,
        }
        for each in found
    ]
    return dumps(jsonable({"schema_version": 1, "store": str(store), "findings": findings}))


def _table(found: list[Finding], store: Path) -> str:
    from gex.cli.render.terminal import aligned

    rows = [
        (each.check.kind, each.check.code, each.symbol, str(each.quote_date or "-"), f"{each.where}: {each.detail}")
        for each in found
    ]
    lines = aligned([("KIND", "CODE", "SYMBOL", "DATE", "WHAT"), *rows], "<<<<<") if found else []
    checks = dict.fromkeys(each.check for each in found)
    lines += [f"{check.code}: {check.meaning}; {check.remedy}" for check in checks]
    kinds = ("damaged", "stale", "missing")
    counts = ", ".join(f"{sum(each.check.kind == kind for each in found)} {kind}" for kind in kinds)
    return "\n".join([*lines, f"{counts}; store {store}"])
