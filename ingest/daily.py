"""Read daily histories: an index's prices, a fund's, an economic series, or a user's own dated figures."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

import gex
from gex.ingest.blob import blobs
from gex.ingest.daily_layout import label_of, read_table
from gex.ingest.daily_rules import ERRORS, judge
from gex.ingest.daily_schema import DAILY_SCHEMA, DailyHistory
from gex.ingest.errors import ChainError, ContentError, FormatError, MissingError
from gex.ingest.schema import QualityReport, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.ingest.blob import BinaryFile
    from gex.ingest.daily_rules import Judged

ENDINGS = (".csv", ".csv.gz", ".parquet")
"""Files of a folder that are taken for histories."""
_PREFIX, _SUFFIX, _STORED = "FRED_", "_HISTORY", "symbol="


def read_daily(
    source: str | Path | BinaryFile,
    *,
    name: str | None = None,
    column: str | None = None,
    today: dt.date | None = None,
) -> DailyHistory:
    """Read a daily history.

    Args:
        source: A path, "-" for standard input, or an open binary file: CSV as Cboe (`DATE,OPEN,HIGH,LOW,CLOSE`,
            `DATE,VVIX`), FRED (`observation_date,DFF`), Yahoo or a user (`date,value`) writes it, or Parquet with such
            columns. Gzip and zip files are read in place.
        name: What the series is called; None for what the file says, see `name_of`.
        column: The column of the values, where the file has several.
        today: Dates after it are in the future; None for the date now, UTC.

    Returns:
        The rows in the order of dates, each date once; rows that cannot be used are in its `quarantine`.

    Raises:
        UnreadableError: The source is missing, empty, damaged, or an archive that is refused.
        FormatError: It has no column of dates or values, or several of values.
        ContentError: No row can be used, or an archive holds several files.

    """
    with ExitStack() as stack:
        found = stack.enter_context(blobs(source))
        if len(found) != 1:
            raise ContentError(f"{len(found)} files in an archive; a history is one file", source=str(source))
        data, where, sha256 = found[0].data(), found[0].name, found[0].sha256
    table = read_table(data, where, column)
    label = table.layout.label
    # Who names a column wants that one, whatever the file is called.
    own = (name or (label if column else None) or name_of(where, label)).strip().upper()
    judged = judge(table.rows, own, today or dt.datetime.now(dt.UTC).date(), priced=table.priced)
    quarantine = judged.aside.select(
        "line", "reason", pl.Series("row", [table.texts[line] for line in judged.aside["line"]], pl.String)
    )
    quality = _report(table.rows.height, judged, table.notes)
    if judged.kept.is_empty():
        raise _nothing(quarantine, where)
    return DailyHistory(own, _frame(judged.kept), Source(where, sha256, "daily", gex.__version__), quality, quarantine)


def read_daily_folder(folder: str | Path) -> dict[str, DailyHistory]:
    """Read every history of a folder, by name.

    Raises:
        MissingError: There is no such folder, or no history in it.
        ContentError: Two files are of one name.
        ChainError: A file cannot be read; as `read_daily`.

    """
    files = daily_files(folder)
    for name, paths in files.items():
        if len(paths) > 1:
            raise several(name, paths)
    return {name: read_daily(path) for name, (path,) in files.items()}


def daily_files(folder: str | Path) -> dict[str, list[Path]]:
    """Return the files of a folder by the names of their series, without reading more than their first lines.

    The folder is one of CSV and Parquet files, or a store's `history` folder, whose newest file of a symbol counts.

    Raises:
        MissingError: There is no such folder, or no history in it.

    """
    root = Path(folder)
    if not root.is_dir():
        raise MissingError("there is no such folder of histories", source=str(folder))
    paths = [path for path in sorted(root.iterdir()) if path.name.lower().endswith(ENDINGS) and path.is_file()]
    paths += [kept[-1] for stored in sorted(root.glob(f"{_STORED}*")) if (kept := sorted(stored.glob("*.parquet")))]
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(_named(path), []).append(path)
    if not found:
        raise MissingError("no CSV or Parquet file in it", source=str(folder))
    return found


def name_of(path: str, label: str | None) -> str:
    """Return what a series is called: `VIX_History.csv` VIX, `fred_DFF.csv` DFF, else by its column, else by its file.

    Args:
        path: The file; of its folder only a store's `symbol=VIX` counts.
        label: What the column of values is called, None if it says no more than `close`.

    Raises:
        FormatError: A `VIX_History` has a column of another name: the download of one was saved as another's.

    """
    stem = re.sub(
        r"(\.(csv|txt|parquet))?(\.gz)?$", "", Path(path.rpartition(":")[2]).name.upper(), flags=re.IGNORECASE
    )
    folder = Path(path).parent.name
    if folder.startswith(_STORED):
        return folder.removeprefix(_STORED)
    if stem.startswith(_PREFIX) and stem != _PREFIX:
        return stem.removeprefix(_PREFIX)
    if not stem.endswith(_SUFFIX) or stem == _SUFFIX:
        return label or stem.strip("-<> ") or "SERIES"
    named = stem.removesuffix(_SUFFIX)
    if label not in {None, named}:
        message = f"the file's name says {named}, its column {label}; say which: --series NAME=FILE, or name="
        raise FormatError(message, source=path, value=label)
    return named


def several(name: str, paths: Sequence[str | Path]) -> ContentError:
    """Return the error for two files of one name."""
    listed = " and ".join(Path(path).name for path in paths)
    return ContentError(f"{name} is in {listed}; say which by --series {name}=FILE, or move one", value=name)


def _named(path: Path) -> str:
    """Return a file's name for its series; a file that cannot be read goes by its own, and fails when it is asked for."""
    try:
        with blobs(path) as found:
            head = found[0].head()
        return name_of(str(path), label_of(head, str(path)))
    except ChainError:
        return name_of(str(path), None)


def _report(rows: int, judged: Judged, notes: tuple[str, ...]) -> QualityReport:
    reasons = Counter(judged.aside["reason"].to_list())
    ordered = {code: reasons[code] for code in ERRORS if reasons[code]}
    return QualityReport(rows, judged.kept.height, ordered, judged.warnings, (*notes, *judged.notes))


def _frame(kept: pl.DataFrame) -> pl.DataFrame:
    return kept.select(
        pl.col(name) if name in kept.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in DAILY_SCHEMA.items()
    )


def _nothing(quarantine: pl.DataFrame, source: str) -> ContentError:
    """Return the error for a history of which no row can be used; it shows the first."""
    if quarantine.is_empty():
        return ContentError("a header and no rows; save the file again", source=source)
    line, reason, row = quarantine.row(0)
    meaning, remedy = ERRORS[reason]
    shown = f"{row[:80]!r} ({reason}: {meaning}); {remedy}"
    return ContentError(f"none of its {quarantine.height} rows can be used: {shown}", source=source, row=line)
