"""What moved net gamma and the flip from one result of a series to the next: their inputs found and priced again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.cli.failures import one_line
from gex.cli.render.attribution import FIGURES, FIRST, columns_of
from gex.ingest.errors import ChainError, MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.analysis import Priced
    from gex.change import Change
    from gex.ingest.schema import Chain
    from gex.settings import Settings

    Row = dict[str, Any]

NAMES = ("attributed_from", *(name for figure in FIGURES for name in columns_of(figure)))


def attributed(rows: Sequence[Row], results: Path, store: Path | None) -> list[tuple[Row, dict[str, str]]]:
    """Return, for each row, what moved it from the row before, and why anything of that is null.

    Args:
        rows: Of one series, by quote time; at least one.
        results: The folder they come from: each part says under which settings it was computed.
        store: Where inputs are looked for by their hash when they are not where they were.

    """
    found = [_missing(FIRST)]
    last: Priced | str | None = None
    for before, after in pairwise(rows):
        first = _priced(before, results, store) if last is None else last
        last = _priced(after, results, store)
        wrong = next((each for each in (first, last) if isinstance(each, str)), None)
        found.append(_missing(wrong) if wrong else _moved(before, first, last))  # type: ignore[arg-type]
    return found


def chain_of(row: Row, store: Path | None) -> Chain:
    """Return the chain that a result was computed from: where it was read, else from the store, told by its hash.

    Raises:
        ChainError: It is in neither place, or what is there is another.

    """
    from gex.ingest.read import read_chain

    path = Path(row["source"] or "")
    if path.is_file():
        chain = read_chain(path)
        if (chain.source.sha256, chain.quote_time) == (row["sha256"], row["quote_time"]):
            return chain
    if store is not None:
        from gex.ingest.store import snapshots

        for snapshot in snapshots(store, row["underlying"]):
            if snapshot.quote_time == row["quote_time"] and snapshot.facts()["source"]["sha256"] == row["sha256"]:
                return snapshot.read()[0]
    what = "is another by now" if path.is_file() else "is not where it was"
    where = "; with --store it is looked for there" if store is None else ", and the store has not what was read then"
    raise MissingError(f"its input {what}{where}", source=row["source"] or row["sha256"])


def _priced(row: Row, results: Path, store: Path | None) -> Priced | str:
    """Return the input of a row priced as it was then, or why it cannot be."""
    from gex.analysis import priced

    try:
        base = priced(chain_of(row, store), settings_of(row, results))
    except ChainError as error:
        return one_line(error)
    except ValueError as error:
        return str(error)
    if base.settings.fingerprint != row["settings_fingerprint"]:
        return f"it was computed under other settings ({row['settings_fingerprint'][:8]}) than can be had again"
    return base


def settings_of(row: Row, results: Path) -> Settings:
    """Return the settings that a result was computed under, from the footer of its part.

    Raises:
        UnreadableError: The part is gone or damaged.
        ValueError: They hold positions of one's own, of which a part has but the hash.

    """
    from gex.cli.batch.spec import settings_from
    from gex.ingest.result_parts import part_at, read_part

    part = part_at(results / "summary" / row["part"], results)
    if part is None:
        raise MissingError("no such part", source=row["part"])
    footer = read_part(part)[1]
    return settings_from(footer["settings"], footer["curve"], {"positions": None, "signed_volume": None})


def _moved(before: Row, first: Priced, last: Priced) -> tuple[Row, dict[str, str]]:
    from gex.change import change_of

    try:
        return _flat(change_of(first, last), before)
    except ValueError as error:
        return _missing(str(error))


def _flat(change: Change, before: Row) -> tuple[Row, dict[str, str]]:
    """Lay a change out in columns; a part that a level does not have says why."""
    row: Row = {"attributed_from": before["quote_time"]}
    reasons = {}
    for figure in FIGURES:
        parts = (change.total, *(step.part for step in change.steps), change.residual)
        for name, part in zip(columns_of(figure), parts, strict=True):
            row[name] = getattr(part, figure)
            if row[name] is None:
                reasons[name] = part.reasons[figure]
    return row, reasons


def _missing(why: str) -> tuple[Row, dict[str, str]]:
    return dict.fromkeys(NAMES), dict.fromkeys(NAMES, why)
