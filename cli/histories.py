"""Daily histories as commands find them: a folder, files named one by one, and the series a command is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options
from gex.cli.log import LOGGER
from gex.ingest.errors import ContentError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.daily_schema import DailyHistory

NEAR = 3
"""Names that an error suggests."""
EXPECTED = {"no_value", "known_fault", "duplicate", "wild_range", "outside_range", "gap"}
"""What is found in sound files, or is put right without a loss: told with -v only."""


@dataclass(frozen=True)
class HistoryOptions:
    """Where daily histories lie; `series` holds each file, with `#COLUMN` behind it or not, by name."""

    histories: Path | None
    series: dict[str, str]


def series_of(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=FILE, each name once.

    Raises:
        click.BadParameter: One is none, or a name comes twice.

    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, file = (part.strip() for part in text.partition("="))
        if not (name and equals and file):
            raise click.BadParameter(f"{text!r} is not NAME=FILE, such as VVIX=VVIX_History.csv")
        if name.upper() in found:
            raise click.BadParameter(f"{name.upper()} is named twice")
        found[name.upper()] = file
    return found


history_options = options.gathered(
    HistoryOptions,
    "where",
    options.histories_option,
    click.option(
        "--series",
        multiple=True,
        metavar="NAME=FILE",
        callback=series_of,
        help="One more history by its name; FILE#COLUMN picks its values. May be repeated.",
    ),
)
signals_option = click.option(
    "--signals",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Signals and series of your own that expressions may name (signals.toml).",
)
history_argument = click.argument("history", metavar="HISTORY")


class Histories(Mapping[str, "DailyHistory"]):
    """Histories by name, in capitals; each is read when it is first asked for."""

    def __init__(self, files: dict[str, list[str]], where: HistoryOptions | None = None) -> None:
        """Take the files of each name, and where they were found; more than one is an error once the name is asked for."""
        self._files = files
        self._where = where
        self.stamp = tuple((name, *_stamp(each)) for name, each in files.items())
        """What changes with the files."""
        self._read: dict[str, DailyHistory] = {}

    def __getitem__(self, name: str) -> DailyHistory:
        """Return a history.

        Raises:
            KeyError: There is none of that name.
            ChainError: It cannot be read, or is in two files.

        """
        key = name.upper()
        if key not in self._read:
            self._read[key] = _one(key, self._files[key])
        return self._read[key]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a file for a name, without reading it."""
        return isinstance(name, str) and name.upper() in self._files

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._files)

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._files)

    def current(self) -> Histories:
        """Return these histories, or those there are now if files have changed, come or gone since.

        Raises:
            MissingError: The folder they were found in is gone.

        """
        now = self if self._where is None else load(self._where)
        return self if now.stamp == self.stamp else now

    def needed(self, name: str) -> DailyHistory:
        """Return a history that must be there.

        Raises:
            MissingError: There is none of that name; the message names those that come near.
            ChainError: As for `histories[name]`.

        """
        if name in self:
            return self[name]
        from difflib import get_close_matches

        near = get_close_matches(name.upper(), self._files, NEAR, 0.5) or sorted(self._files)
        there = f"there are {', '.join(near[:8])}" if near else "there is none at all"
        raise MissingError(f"no history {name!r}; {there}; give --histories DIR or --series {name.upper()}=FILE")


def load(where: HistoryOptions) -> Histories:
    """Find the histories that the options name; a `--series` stands before a file of the folder.

    Raises:
        MissingError: There is no such folder, or nothing in it.

    """
    from gex.ingest.daily import daily_files

    found = {} if where.histories is None else daily_files(where.histories)
    files = {name: [str(path) for path in paths] for name, paths in found.items()}
    return Histories(files | {name: [file] for name, file in where.series.items()}, where)


def history_of(histories: Histories, text: str, *, prices: bool = False) -> DailyHistory:
    """Return the history that an argument names: one of these by its name, else a file, FILE#COLUMN or `-`.

    Args:
        histories: Those that options name.
        text: The argument.
        prices: Whether its values must be above 0, as returns need them.

    Raises:
        MissingError: It is neither.
        ChainError: It cannot be read, or holds no prices.

    """
    file = Path(_split(text)[0])
    is_file = str(file) == "-" or bool(file.suffix) or len(file.parts) > 1 or file.is_file()
    history = read(text) if is_file and text not in histories else histories.needed(text)
    if prices and (wrong := history.frame.filter(history.frame["close"] <= 0)).height:
        day, value = wrong.select("date", "close").row(0)
        message = f"{history.name} is {value:g} on {day}, and {wrong.height:,} of its values are no prices above 0"
        raise ContentError(f"{message}; name the column of prices, FILE#COLUMN", source=history.source.path)
    return history


def read(text: str, name: str | None = None) -> DailyHistory:
    """Read FILE or FILE#COLUMN, and say what became of its rows if that is worth a warning.

    Raises:
        ChainError: It cannot be read.

    """
    from gex.ingest.daily import read_daily

    file, column = _split(text)
    history = read_daily(file, name=name, column=column)
    told(history)
    return history


def _split(text: str) -> tuple[str, str | None]:
    file, mark, column = text.rpartition("#")
    return (file, column) if mark and file and not Path(text).exists() else (text, None)


def _stamp(files: list[str]) -> tuple[str, ...]:
    """Return the files with the times they changed last and their lengths, as far as they are there."""
    paths = [Path(_split(file)[0]) for file in files]
    stats = [path.stat() for path in paths if path.is_file()]
    return (*files, *(f"{each.st_mtime_ns}-{each.st_size}" for each in stats))


def _one(name: str, files: list[str]) -> DailyHistory:
    from gex.ingest.daily import several

    if len(files) > 1:
        raise several(name, files)
    return read(files[0], name)


def told(history: DailyHistory) -> None:
    """Log what became of a history's rows: what may change a figure as a warning, the rest for -v."""
    from gex.ingest.daily_rules import ERRORS, WARNINGS

    where, quality = f"{history.name} ({history.source.path})", history.quality
    for code, count in quality.quarantined.items():
        first = history.quarantine.filter(history.quarantine["reason"] == code)["line"][0]
        meaning, remedy = ERRORS[code]
        tell = LOGGER.info if code in EXPECTED else LOGGER.warning
        tell("%s: %d set aside (%s), first in line %d: %s; %s", where, count, code, first, meaning, remedy)
    for code, count in quality.warnings.items():
        meaning, remedy = WARNINGS[code]
        tell = LOGGER.info if code in EXPECTED else LOGGER.warning
        tell("%s: %d kept (%s): %s; %s", where, count, code, meaning, remedy)
    for note in quality.notes:
        LOGGER.info("%s: %s", where, note)
