"""The chain store: one immutable Parquet file a snapshot, found by symbol and New York time.

Layout: `symbol=SPX/date=2025-09-05/140100-cboe_csv-1f3a9c02.parquet` with the New York date and the UTC time of the
quotes, the format it was read from, and the first digits of a hash of its content and facts. Rows set aside are in
a file of the same name under `quarantine/`. Nothing is ever overwritten: the same input gives the same name, and
another one of the same quote time is a revision: its name ends in `-r2`, `-r3`; the last one is what an address means.

Closed days or months can be merged (`gex.ingest.compact`) into one `bundle-hash8.parquet`, beside a day's snapshots or
in `symbol=SPX/month=2025-09/`. Every snapshot in it keeps its name and facts. `.staging/` holds what is being written.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gex.ingest import bundle
from gex.ingest.calendar import NEW_YORK
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import MissingError, UnreadableError
from gex.ingest.snapshot_file import NAME, differing, read_facts, read_file, read_sound
from gex.ingest.staging import locked, move, stage, staging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.ingest.schema import Chain
    from gex.ingest.staging import Waiting


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of the store, told by its path, or its place in a bundle, alone."""

    path: Path
    symbol: str
    quote_date: dt.date
    quote_time: dt.datetime
    name: str
    revision: int
    member: bundle.Member | None = None

    @property
    def place(self) -> str:
        """Where a file of this name lies below the store, or below `quarantine/`."""
        return f"symbol={self.symbol}/date={self.quote_date}/{self.name}"

    def facts(self) -> dict[str, Any]:
        """Return what the chain is besides its table, from the file's footer alone.

        Raises:
            UnreadableError: The file is damaged or gone.

        """
        return read_facts(self.path) if self.member is None else self.member.facts

    def read(self) -> tuple[Chain, str | None]:
        """Return the chain as it was stored, and the sums of its columns when it was written.

        Raises:
            ChainError: The file is damaged or gone.

        """
        if self.member is None:
            return read_file(self.path)
        return bundle.read_member(self.path, self.member), self.member.content

    def sound(self) -> Chain:
        """Return the chain if it proves to be as it was stored.

        Raises:
            ChainError: It does not, or the file is gone.

        """
        if self.member is None:
            return read_sound(self.path)
        chain = bundle.read_member(self.path, self.member)
        if columns := differing(chain.frame, self.member.content):
            message = f"damaged: not the {', '.join(columns)} that were written; ingest its source again"
            raise UnreadableError(message, source=str(self.path))
        return chain


@dataclass(frozen=True)
class Placed:
    """What became of one chain handed to the store."""

    path: Path
    """Its file, or the bundle that holds it."""
    status: str
    """stored, or known: the same snapshot was there."""
    name: str
    revision: int
    waiting: Waiting


def save(chain: Chain, store: str | Path) -> Path:
    """Write a chain into the store, unless it is there, and return its file.

    Raises:
        UnreadableError: The store cannot be written to.

    """
    return put([chain], store)[0].path


def put(chains: Iterable[Chain], store: str | Path) -> list[Placed]:
    """Write chains into the store, those that are not there: all of them, or none if one cannot be had.

    Args:
        chains: Taken one at a time; what it raises leaves the store as it was.
        store: The store's folder, made if need be.

    Raises:
        UnreadableError: The store cannot be written to.

    """
    root = Path(store)
    with staging(root) as folder:
        waiting = stage(chains, folder, root)
        with locked(root):
            return [_place(each, root) for each in waiting]


def snapshots(store: str | Path, symbol: str) -> list[Snapshot]:
    """Return the snapshots of a symbol, oldest first; of one quote time, the later revision after the earlier."""
    name = normalize_underlying(symbol)
    paths = Path(store).glob(f"symbol={name}/*=*/*.parquet")
    return ordered(each for path in paths for each in snapshots_in(path, name))


def ordered(found: Iterable[Snapshot]) -> list[Snapshot]:
    """Return snapshots once each in the store's order: by quote time, and of one, the later revision after the earlier."""
    # A bundle's member counts before the file it was made of, should both be there.
    once = {(each.quote_date, each.name): each for each in sorted(found, key=lambda each: each.member is not None)}
    return sorted(once.values(), key=lambda each: (each.quote_time, each.revision, each.name))


def snapshots_in(path: Path, symbol: str) -> list[Snapshot]:
    """Return what one file of the store holds: itself, the members of a bundle, or nothing of ours."""
    if path.name.startswith("bundle-"):
        return [_told(path, symbol, each.quote_date, each.name, each) for each in bundle.members(path)]
    date = _date_of(path.parent)
    return [_told(path, symbol, date, path.name)] if date and NAME.fullmatch(path.name) else []


def latest(found: Iterable[Snapshot]) -> list[Snapshot]:
    """Return the last revision of each quote time, from snapshots in the store's order."""
    return list({each.quote_time: each for each in found}.values())


def symbols(store: str | Path) -> list[str]:
    """Return the symbols that the store has a folder for."""
    return sorted(path.name.removeprefix("symbol=") for path in Path(store).glob("symbol=*"))


def held(store: str | Path, symbol: str, address: str | None = None) -> list[Snapshot]:
    """Return the snapshots of a symbol, of which there must be one.

    Raises:
        MissingError: There is none; the message names the symbols there are.

    """
    there = snapshots(store, symbol)
    if not there:
        listed = ", ".join(symbols(store)) or "nothing"
        raise MissingError(f"no snapshot of {symbol.upper()} in {store}; it has {listed}", source=address or symbol)
    return there


def day_folder(store: Path, symbol: str, date: dt.date) -> Path:
    """Return where the snapshots of a date lie."""
    return store / f"symbol={symbol}" / f"date={date}"


def names_at(store: Path, symbol: str, date: dt.date) -> dict[str, Path]:
    """Return the names of a date's snapshots, alone or in bundles, and where they lie."""
    day = day_folder(store, symbol, date)
    found = {path.name: path for path in day.glob("*.parquet") if NAME.fullmatch(path.name)}
    for folder in (day, day.with_name(f"month={date:%Y-%m}")):
        for path in folder.glob("bundle-*.parquet"):
            found |= {each.name: path for each in bundle.members(path) if each.quote_date == date}
    return found


def _place(waiting: Waiting, store: Path) -> Placed:
    """Move a snapshot that was written aside to its name, unless the store has it; the lock is held."""
    there = names_at(store, waiting.symbol, waiting.quote_date)
    same_time = [match for name in there if (match := NAME.fullmatch(name)) and match[1] == waiting.name[:6]]
    for match in same_time:
        if match[0].startswith(waiting.name.removesuffix(".parquet")):
            return Placed(there[match[0]], "known", match[0], int(match[4] or 1), waiting)
    revision = max((int(match[4] or 1) for match in same_time), default=0) + 1
    name = waiting.name if revision == 1 else waiting.name.replace(".parquet", f"-r{revision}.parquet")
    target = day_folder(store, waiting.symbol, waiting.quote_date) / name
    if waiting.quarantine:  # First, so that no snapshot is ever without its rows set aside.
        move(waiting.quarantine, store / "quarantine" / target.relative_to(store), store)
    move(waiting.file, target, store)
    return Placed(target, "stored", name, revision, waiting)


def _date_of(folder: Path) -> dt.date | None:
    """Return the date a folder is named for; None if it is not."""
    try:
        return dt.date.fromisoformat(folder.name.removeprefix("date=")) if folder.name.startswith("date=") else None
    except ValueError:
        return None


def _told(path: Path, symbol: str, date: dt.date, name: str, member: bundle.Member | None = None) -> Snapshot:
    match = NAME.fullmatch(name)
    if not match:
        raise UnreadableError(f"it holds {name!r}, which is no name of a snapshot", source=str(path))
    clock = dt.datetime.strptime(match[1], "%H%M%S").replace(tzinfo=dt.UTC).timetz()
    time = dt.datetime.combine(date, clock)
    if time.astimezone(NEW_YORK).date() != date:  # After 19:00 or 20:00 New York, UTC is a day ahead.
        time += dt.timedelta(days=1)
    return Snapshot(path, symbol, date, time, name, int(match[4] or 1), member)
