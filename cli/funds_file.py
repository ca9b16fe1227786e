"""A table of leveraged and inverse funds (TOML), read strictly into `gex.flows.funds`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from gex.cli.toml_table import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from gex.cli.toml_table import Table
    from gex.flows.funds import Fund

KEYS = ("index", "leverage", "aum_usd", "as_of", "source")


def funds_of(path: Path | None) -> tuple[Fund, ...]:
    """Return the funds of the user's table, else of the one that comes along; errors as `read_funds`."""
    if path is not None:
        return read_funds(path)
    from gex.flows.fund_table import DEFAULT_FUNDS

    return DEFAULT_FUNDS


def read_funds(path: Path) -> tuple[Fund, ...]:
    """Return the funds of a file, in its order.

    Raises:
        click.UsageError: The file is no such file; the message names the line and the nearest valid names.

    """
    file = read_toml(path, ("funds",))
    funds = tuple(_fund(table) for table in file.tables("funds", KEYS))
    if not funds:
        raise file.error("it has no fund; write [funds.TICKER], docs/flows-hedging.md shows how")
    tickers = [fund.ticker for fund in funds]
    if twice := next((ticker for ticker in tickers if tickers.count(ticker) > 1), None):
        raise file.error(f"it has {twice} twice, capitals or not")
    return funds


def _fund(table: Table) -> Fund:
    from gex.flows.funds import Fund

    try:
        return Fund(
            ticker=table.place[-1].upper(),
            index=table.text("index").upper(),
            leverage=table.number("leverage"),
            aum_usd=table.number("aum_usd") if "aum_usd" in table.values else None,
            as_of=_date(table, "as_of"),
            source=table.text("source") if "source" in table.values else "",
        )
    except ValueError as error:
        key = next((key for key in KEYS if key in str(error)), None)
        raise table.error(str(error), key if key in table.values else None) from None


def _date(table: Table, key: str) -> dt.date | None:
    value = table.values.get(key)
    if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
        raise table.error(f"{key} must be a date: {key} = 2025-11-20; got {value!r}", key)
    return value
