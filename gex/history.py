"""An underlying's figures through time: distances, changes, and where each stands among its own past.

The past of a figure are the sessions before its own, computed under the same settings: neither its own session nor any
later one has a part in it, so that what is said of a day never changes as the series grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from gex.quotes import Floats

Every = Literal["session", "snapshot"]

DISTANCES = ("spot_above_flip_points", "spot_above_flip_pct", "spot_above_flip_sigma")
"""Of spot to the flip, positive above it: points, percent of spot, standard deviations to the nearest expiration."""
RANKED = (
    "net_gamma_usd_per_1pct",
    "gross_gamma_usd_per_1pct",
    "zero_dte_net_gamma_usd_per_1pct",
    "zero_dte_share_of_gross",
    "spot_above_flip_pct",
)
"""Figures that are held against their own past."""
FOLLOWED = ("spot", "gamma_flip", "call_wall", "put_wall", "net_gamma_usd_per_1pct", "gross_gamma_usd_per_1pct")
"""Figures whose change from the session before is given."""
AT_LEAST = 20
"""Sessions of the past, a month of trading, before anything is ranked against them."""
SAME_TIME = 60
"""Minutes: snapshots further apart in the day than this are not alike."""
LEVELS = {"flip": "gamma_flip", "call_wall": "call_wall", "put_wall": "put_wall"}
"""By what the names of their columns have in common."""


@dataclass(frozen=True)
class History:
    """A series with distances, changes and ranks."""

    frame: pl.DataFrame
    """The series' own columns, then `DISTANCES`, `previous_date`, a `_change` of each figure of `FOLLOWED`, and of each
    of `RANKED` the `_percentile` (0 to 100, ties count half), the `_zscore` and the number of `_sessions` they rest on."""
    reasons: tuple[dict[str, str], ...]
    """Why a figure of a row is null, under its name."""
    window: int | None
    """Sessions that make the past; None for all there are."""
    at_least: int
    """Sessions below which nothing is ranked."""
    warnings: tuple[str, ...]


def history_of(
    series: pl.DataFrame, *, every: Every = "session", window: int | None = None, at_least: int = AT_LEAST
) -> History:
    """Return distances, changes and ranks of a series.

    Args:
        series: One row a snapshot of one underlying, the columns of the result store's summary, one row a quote time.
        every: `session` keeps the last snapshot of each quote date, `snapshot` all. Either is held against the last
            snapshots of earlier dates.
        window: How many sessions make the past; None for all before.
        at_least: Sessions needed before anything is ranked.

    Raises:
        ValueError: Two underlyings are in it, a quote time is there twice, or an argument is out of range.

    """
    _check(series, every, window, at_least)
    rows = series.sort("quote_time").with_columns(_distances())
    if "spec_fingerprint" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias("spec_fingerprint"))
    own = ["spec_fingerprint", "quote_date"]
    sessions = rows.group_by(own, maintain_order=True).last().select(*own, *dict.fromkeys((*FOLLOWED, *RANKED)))
    if every == "session":
        rows = rows.group_by("quote_date", maintain_order=True).last().select(rows.columns)
    parts = [
        _held_against(part, sessions.filter(pl.col("spec_fingerprint").eq_missing(name)), window, at_least)
        for (name,), part in rows.group_by("spec_fingerprint", maintain_order=True)
    ]
    frame = pl.concat(parts).sort("quote_time") if parts else _held_against(rows, sessions, window, at_least)
    return History(frame, tuple(_reasons(frame, at_least)), window, at_least, tuple(_warnings(frame)))


@dataclass(frozen=True)
class Rank:
    """Where a figure stands among its own past; None where `reason` says why."""

    percentile: float | None
    zscore: float | None
    sessions: int
    reason: str | None


@dataclass(frozen=True)
class Standing:
    """Where the figures of one snapshot stand among those of the sessions before it."""

    sessions: int
    first: dt.date
    last: dt.date
    ranks: dict[str, Rank]
    """Of net and gross gamma and of spot's distance to the flip, by their names in `RANKED`."""
    at_least: int


def standing_of(
    figures: Mapping[str, float | None], series: pl.DataFrame, day: dt.date, *, at_least: int = AT_LEAST
) -> Standing | None:
    """Hold figures against the last snapshots of earlier sessions; None where there is none.

    Args:
        figures: By their names in `RANKED`.
        series: As for `history_of`, of one spec.
        day: The quote date of the figures; it and what came after have no part in it.
        at_least: Sessions needed before anything is ranked.

    """
    past = series.filter(pl.col("quote_date") < day).sort("quote_time").with_columns(_distances())
    past = past.group_by("quote_date", maintain_order=True).last()
    if past.is_empty():
        return None
    ranks = {name: _rank(value, past[name].drop_nulls().to_numpy(), at_least) for name, value in figures.items()}
    return Standing(past.height, past["quote_date"][0], past["quote_date"][-1], ranks, at_least)


def _rank(value: float | None, past: Floats, at_least: int) -> Rank:
    percentile, zscore = ranks_of(value, past, at_least)
    few = f"{len(past)} earlier sessions with it, {at_least} needed"
    reason = "there is none now" if value is None else few if percentile is None else None
    return Rank(percentile, zscore, len(past), reason or ("it never varied before" if zscore is None else None))


def ranks_of(value: float | None, past: Floats, at_least: int = AT_LEAST) -> tuple[float | None, float | None]:
    """Return percentile (0 to 100, ties count half) and z-score of a value among a past.

    Args:
        value: What is ranked; None gives none.
        past: Shape (n,): earlier values, without NaN.
        at_least: How many of them there must be.

    """
    if value is None or len(past) < max(at_least, 1):
        return None, None
    below, equal = int((past < value).sum()), int((past == value).sum())
    deviation = float(past.std(ddof=1)) if len(past) > 1 else 0.0
    varied = deviation > 1e-12 * float(np.abs(past).max())
    return 100.0 * (below + equal / 2) / len(past), (value - float(past.mean())) / deviation if varied else None


def _check(series: pl.DataFrame, every: str, window: int | None, at_least: int) -> None:
    if every not in get_args(Every):
        raise ValueError(f"every must be one of {', '.join(get_args(Every))}; got {every!r}")
    if at_least < 1:
        raise ValueError(f"at_least must be one session or more, got {at_least}")
    if window is not None and window < at_least:
        raise ValueError(f"a window of {window} sessions never holds the {at_least} that a rank needs")
    names = series["underlying"].unique().sort().to_list()
    if len(names) > 1:
        raise ValueError(f"two underlyings in one series: {names[0]} and {names[1]}")
    twice = series.filter(pl.col("quote_time").is_duplicated())
    if len(twice):
        raise ValueError(
            f"the quote time {twice['quote_time'][0]} is there twice: take reported or restated results, not all"
        )


def _distances() -> list[pl.Expr]:
    above = pl.col("spot") - pl.col("gamma_flip")
    values = (above, 100.0 * above / pl.col("spot"), -pl.col("gamma_flip_sigma"))
    return [value.alias(name) for name, value in zip(DISTANCES, values, strict=True)]


def _held_against(rows: pl.DataFrame, sessions: pl.DataFrame, window: int | None, at_least: int) -> pl.DataFrame:
    """Add changes and ranks to rows of one spec.

    Args:
        rows: The rows.
        sessions: The last snapshot of each date under that spec, by date.
        window: Sessions that make the past.
        at_least: Sessions needed.

    """
    before = sessions["quote_date"].search_sorted(rows["quote_date"], side="left").to_numpy()
    last = pl.Series([end - 1 if end else None for end in before.tolist()], dtype=pl.UInt32)
    changes = [(rows[name] - sessions[name].gather(last)).alias(f"{name}_change") for name in FOLLOWED]
    ranks = [each for name in RANKED for each in _ranked(rows[name], sessions[name], before, window, at_least)]
    return rows.with_columns(sessions["quote_date"].gather(last).alias("previous_date"), *changes, *ranks)


def _ranked(
    values: pl.Series, sessions: pl.Series, before: np.ndarray, window: int | None, at_least: int
) -> Iterator[pl.Series]:
    """Yield percentile, z-score and count of sessions of one figure."""
    past = sessions.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    found, counts = [], []
    for value, end in zip(values.to_list(), before.tolist(), strict=True):
        known = past[max(0, end - window) if window else 0 : end]
        known = known[~np.isnan(known)]
        counts.append(len(known))
        found.append(ranks_of(value, known, at_least))
    yield pl.Series(f"{values.name}_percentile", [rank for rank, _ in found], pl.Float64)
    yield pl.Series(f"{values.name}_zscore", [score for _, score in found], pl.Float64)
    yield pl.Series(f"{values.name}_sessions", counts, pl.Int64)


def _reasons(frame: pl.DataFrame, at_least: int) -> Iterator[dict[str, str]]:
    """Say of each row why what is null in it is."""
    for row in frame.iter_rows(named=True):
        yield {name: _why(name, row, at_least) for name, value in row.items() if value is None}


def _why(name: str, row: dict[str, Any], at_least: int) -> str:
    """Say why a value is null."""
    figure, _, kind = name.rpartition("_")
    if kind == "date" or (kind == "change" and row["previous_date"] is None):
        return "no session before it in the series under these settings"
    if kind == "change" and row[figure] is not None:
        return "none in the session before"
    if kind in {"percentile", "zscore"} and row[figure] is not None:
        count = row[f"{figure}_sessions"]
        few = f"{count} earlier session{'' if count == 1 else 's'} with it, {at_least} needed"
        return few if count < at_least else "it never varied before"
    return _missing(name, row)


def _missing(name: str, row: dict[str, Any]) -> str:
    """Say why a result holds no such figure."""
    if name.startswith("zero_dte"):
        none = row["zero_dte_share_of_gross"] is None
        return "nothing expires on that date" if none else "there is none among that day's contracts"
    if name == "certainty" or "_method_" in name or "_positions_" in name:
        return "no band was computed, or none holds one"
    for part, level in LEVELS.items():
        if part in name:
            return f"there is no {part.replace('_', ' ')}" if row[level] is None else "no smile to measure it by"
    return "the result holds none"


def _warnings(frame: pl.DataFrame) -> Iterator[str]:
    """Name what makes the rows of a series unlike each other."""
    specs = frame["spec_fingerprint"].n_unique()
    models = frame.select(pl.concat_str("positions", "vol", separator="/").unique().sort()).to_series()
    if specs > 1 or len(models) > 1:
        yield (
            f"{max(specs, len(models))} settings in one series ({', '.join(models)}): each row is held against rows of "
            "its own alone; choose one with --spec"
        )
    if len(versions := frame["tool_version"].unique().sort()) > 1:
        yield f"computed by versions {', '.join(versions)}: what changed between them may be the program"
    clock = frame["quote_time"].dt.convert_time_zone("America/New_York").dt.strftime("%H:%M").sort().to_list()
    first, last = (clock[0], clock[-1]) if clock else ("00:00", "00:00")
    if _minutes(last) - _minutes(first) > SAME_TIME:
        yield f"quotes from {first} to {last} New York time: 0DTE figures, and net gamma with them, depend on it"


def _minutes(clock: str) -> int:
    """Return the minute of the day."""
    return 60 * int(clock[:2]) + int(clock[3:])
