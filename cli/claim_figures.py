"""Figures as files of claims write them: percentages, amounts, days, ranges and bounds, each with its line if it is none."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any

from gex.signals.claims import Claimed
from gex.signals.units import dollars

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.cli.toml_table import Table

PERCENT = re.compile(r"([+−-]?\d+(?:\.\d+)?) ?%")
BOUND = re.compile(r"(>=|<=|≥|≤)\s*(.+)")


def claimed(table: Table, key: str, read: Callable[[Table, str, Any], float], tolerance: str | float) -> Claimed:
    """Return the figure claimed: one, both ends of a range, or a bound written as ">=138"."""
    value = table.values.get(key)
    low = high = 0.0
    if isinstance(value, list):
        if len(value) != 2:
            raise table.error(f"{key} must be one figure or a range of two, [low, high]; got {value!r}", key)
        low, high = (read(table, key, each) for each in value)
    elif isinstance(value, str) and (match := BOUND.fullmatch(value.strip())):
        bound = read(table, key, _plain(match[2]))
        low, high = (bound, math.inf) if match[1] in {">=", "≥"} else (-math.inf, bound)
    else:
        low = high = read(table, key, value)
    try:
        return Claimed(low, high, _tolerance(table, tolerance, read, low if math.isfinite(low) else high))
    except ValueError as error:
        raise table.error(f"{key}: {error}", key) from None


def _tolerance(table: Table, default: str | float, read: Callable[[Table, str, Any], float], near: float) -> float:
    """Return the tolerance: in the figure's unit; of a number, also a share of it ("0.5%")."""
    value = table.values.get("tolerance", default)
    if isinstance(value, str) and PERCENT.fullmatch(value):
        share = percent(table, "tolerance", value)
        return share if read is percent else share * abs(near)
    return read(table, "tolerance", value)


def _plain(text: str) -> str | float:
    """Return a number where a text is one."""
    try:
        return float(text)
    except ValueError:
        return text


def number(table: Table, key: str, value: Any) -> float:
    """Return a finite number."""
    if value is None:
        raise table.error(f"{key} is missing")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise table.error(f'{key} must be a number, a range [low, high] or a bound such as ">=138"; got {value!r}', key)
    return float(value)


def percent(table: Table, key: str, value: Any) -> float:
    """Return a percentage, written with its sign in quotes, as a fraction."""
    if value is None:
        raise table.error(f"{key} is missing")
    match = PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise table.error(f'{key} must be a percentage in quotes, as "1.8%"; got {value!r}', key)
    return float(match[1].replace("−", "-")) / 100.0


def amount(table: Table, key: str, value: Any = None) -> float:
    """Return an amount of dollars, a number or a text such as "$39bn"."""
    value = table.values.get(key) if value is None else value
    if value is None:
        raise table.error(f"{key} is missing")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    try:
        return dollars(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise table.error(f"{key}: {error}", key) from None


def count(table: Table, key: str, most: int) -> int:
    """Return a whole number, 1 or more."""
    if key not in table.values:
        raise table.error(f"{key} is missing: a whole number")
    found = table.whole(key, 1)
    if found > most:
        raise table.error(f"{key} must be {most:,} at the most; got {found:,}", key)
    return found


def day(table: Table, key: str, value: Any = None) -> dt.date:
    """Return a day, written as TOML has them or in quotes."""
    value = table.values.get(key) if value is None else value
    if value is None:
        raise table.error(f"{key} is missing: a day such as 2025-11-21")
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise table.error(f"{key} must be a day such as 2025-11-21; got {value!r}", key)
    return value


def optional_day(table: Table, key: str) -> dt.date | None:
    """Return a day, if there is one."""
    return day(table, key) if key in table.values else None


def days(table: Table, key: str) -> tuple[dt.date, ...]:
    """Return a list of days, ascending, each once."""
    value = table.values[key]
    if not isinstance(value, list) or not value:
        raise table.error(f"{key} must be a list of days: [2020-03-23, 2022-10-13]; got {value!r}", key)
    found = sorted(day(table, key, each) for each in value)
    if len(set(found)) < len(found):
        raise table.error(f"{key} has a day twice", key)
    return tuple(found)


def span(table: Table) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day of a sample, where they are given."""
    start, end = optional_day(table, "from"), optional_day(table, "to")
    if start and end and end < start:
        raise table.error(f"to {end} lies before from {start}", "to")
    return start, end
