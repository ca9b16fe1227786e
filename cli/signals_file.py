"""A file of one's own signals and series (TOML), read strictly into what expressions are evaluated on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gex.cli.toml_table import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gex.cli.histories import HistoryOptions
    from gex.cli.toml_table import Table
    from gex.ingest.daily_schema import DailyHistory
    from gex.signals.named import Named
    from gex.signals.panel import Panel

TABLES = ("series", "signals")
SERIES = ("file", "lag_days", "lasts_days")
SIGNALS = ("expression", "unit", "definition", "source", "lag_days")
NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")


@dataclass(frozen=True)
class SignalsFile:
    """What a file says.

    Attributes:
        signals: By name.
        files: FILE or FILE#COLUMN of the series that say where they are, by name in capitals.
        lags: Calendar days from the date of a value to its publication, by series.
        lasts: Calendar days that a value is good for, by series.

    """

    signals: dict[str, Named] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    lags: dict[str, int] = field(default_factory=dict)
    lasts: dict[str, int] = field(default_factory=dict)

    @property
    def definitions(self) -> dict[str, Named]:
        """The signals that an expression may use: the library's and these."""
        from gex.signals.named import NAMED

        return NAMED | self.signals

    def beside(self, where: HistoryOptions) -> HistoryOptions:
        """Return the options with the files of these series added; one named by `--series` stays."""
        return replace(where, series=self.files | where.series)

    def panel(self, main: DailyHistory, others: Mapping[str, DailyHistory]) -> Panel:
        """Return the panel of a history, its series published when this file says."""
        from gex.signals.panel import Panel

        lags, lasts = (
            {name: days for name, days in given.items() if name in others} for given in (self.lags, self.lasts)
        )
        return Panel(main, others, lags, lasts)


def read_signals(path: Path | None) -> SignalsFile:
    """Return what a file says; nothing without one.

    Raises:
        click.UsageError: The file is no such file; the message names the line and the nearest valid names.

    """
    if path is None:
        return SignalsFile()
    file = read_toml(path, TABLES)
    found = SignalsFile()
    for table in file.tables("series", SERIES):
        _add_series(found, table, path.parent)
    for table in file.tables("signals", SIGNALS):
        found.signals[table.place[-1]] = _signal(table)
    if not (found.signals or found.files or found.lags or found.lasts):
        raise file.error("it says nothing; write [signals.NAME] or [series.NAME], docs/signals.md shows how")
    return found


def _add_series(found: SignalsFile, table: Table, folder: Path) -> None:
    name = table.place[-1].upper()
    if "file" in table.values:
        found.files[name] = str(folder / table.text("file"))
    for key, days in (("lag_days", found.lags), ("lasts_days", found.lasts)):
        if key in table.values:
            days[name] = table.whole(key, 0, 0)
    if not table.values:
        raise table.error("it says nothing: give file, lag_days or lasts_days")


def _signal(table: Table) -> Named:
    from gex.signals.named import Named
    from gex.signals.syntax import ExpressionError, parsed

    name, text = table.place[-1], " ".join(table.text("expression").splitlines())
    _check_name(table, name)
    try:
        parsed(text)
    except ExpressionError as error:
        raise table.error(str(error), "expression") from None
    return Named(
        name,
        text,
        table.text("unit"),
        table.text("definition"),
        table.text("source") if "source" in table.values else "",
        table.whole("lag_days", 0, 0),
    )


def _check_name(table: Table, name: str) -> None:
    from gex.signals.expression import FORMS
    from gex.signals.functions import FUNCTIONS
    from gex.signals.named import NAMED
    from gex.signals.panel import COLUMNS

    if not NAME.fullmatch(name):
        raise table.error("a signal's name is of small letters, digits and _, 80 at the most")
    for taken, what in (
        (NAMED, "the library's"),
        (FUNCTIONS, "a function's"),
        (FORMS, "a function's"),
        (COLUMNS, "a column's"),
    ):
        if name in taken:
            raise table.error(f"the name is {what}; give it another")
