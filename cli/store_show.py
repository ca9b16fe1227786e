"""`gex store show`: what one snapshot is, where it came from, and its revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gex.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.store import Snapshot


@click.command("show")
@click.argument("address")
@options.store_option
@options.report_form
@options.logging_options
def command(address: str, store: Path | None, form: str) -> None:
    """Show the snapshot that an ADDRESS means: its facts, its source, its quality, its revisions.

    An ADDRESS is SYMBOL[@DATE[THH:MM] | @latest | @prev], in New York time.
    """
    from gex.ingest.address import resolve
    from gex.ingest.store import snapshots

    place = options.needed_store(store)
    snapshot = resolve(address, place)
    same = [each for each in snapshots(place, snapshot.symbol) if each.quote_time == snapshot.quote_time]
    shown = _shown(snapshot, same, place)
    if form == "json":
        from gex.cli.render.document import dumps

        click.echo(dumps(shown))
        return
    from gex.cli.render.terminal import aligned

    click.echo("\n".join(aligned(list(_lines(shown)), "<<")))


def _shown(snapshot: Snapshot, revisions: list[Snapshot], store: Path) -> dict[str, Any]:
    quarantine = store / "quarantine" / snapshot.place
    return {
        "schema_version": 1,
        "address": f"{snapshot.symbol}@{snapshot.quote_time:%Y-%m-%dT%H:%MZ}",
        "file": str(snapshot.path),
        "name": snapshot.name,
        "in_bundle": snapshot.member is not None,
        "revision": snapshot.revision,
        "revisions": [each.name for each in revisions],
        "quarantine": str(quarantine) if quarantine.exists() else None,
        "facts": {key: value for key, value in snapshot.facts().items() if key != "schema_version"},
    }


def _lines(shown: dict[str, Any]) -> list[tuple[str, str]]:
    """Return names and values, those of nested groups one by one."""
    lines = []
    for name, value in (shown | shown["facts"]).items():
        if isinstance(value, dict) and name != "facts":
            lines += [(f"{name}.{part}", _text(each)) for part, each in value.items()]
        elif name not in {"facts", "schema_version"}:
            lines.append((name, _text(value)))
    return lines


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {reason}" for reason, count in value.items()) or "-"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
