"""A level taken apart, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from gex.cli.render.figures import Money
    from gex.cli.render.terminal import Terminal
    from gex.explain import Explanation
    from gex.results import Analysis

NAMES = {"gamma_flip": "flip", "call_wall": "call wall", "put_wall": "put wall", "strike": "strike"}


def screen(found: Explanation, analysis: Analysis, top: int, terminal: Terminal) -> str:
    """Return the explanation as text."""
    money = figures.Money.spanning(found.by_contract["gamma_usd_per_1pct"].to_list()[:1])
    blocks = [
        _head(found, analysis, terminal),
        _expirations(found, top, money, terminal),
        _contracts(found, top, money, terminal),
        _variants(found, analysis, terminal),
        _formula(found, analysis, terminal),
    ]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _head(found: Explanation, analysis: Analysis, terminal: Terminal) -> list[str]:
    """Say where the level is and what holds it there."""
    spot = figures.spot_of(analysis)
    value = _level(found, found.value, spot)
    title = f"{analysis.underlying} {NAMES[found.level]} {value}  {figures.moment(analysis.quote_time)}"
    return [
        terminal.paint(title, "ink", bold=True),
        *flow([f"spot {figures.price(spot)}", *_facts(found, spot)], terminal.width, indent="  "),
    ]


def _facts(found: Explanation, spot: float) -> list[str]:
    money = figures.Money.spanning([found.gross_usd_per_1pct])
    if found.level == "gamma_flip":
        facts = [
            f"at {figures.level(found.value, spot)} calls and puts cancel: gross {figures.three_digits(found.gross_usd_per_1pct / money.scale)} {money.unit} per +1%"
        ]
        if found.points_per_1pct_of_gross is not None:
            facts.append(f"1% of gross moves it {figures.three_digits(found.points_per_1pct_of_gross)} points")
        return facts
    facts = [
        f"net {money.alone(found.net_usd_per_1pct)} {money.unit} per +1%",
        f"{figures.percent(found.share_of_gross)} of all gross gamma",
    ]
    wall = found.wall
    if wall and wall.runner_up is not None and wall.margin is not None:
        facts.append(f"{figures.signed(100 * wall.margin, 0)}% over {figures.strike(wall.runner_up)}")
    return facts


def _level(found: Explanation, value: float | None, spot: float) -> str:
    if value is None:
        return "none"
    return figures.level(value, spot) if found.level == "gamma_flip" else figures.strike(value)


def _expirations(found: Explanation, top: int, money: Money, terminal: Terminal) -> list[str]:
    """List the expirations with the most gamma in it."""
    head = ["EXPIRATION", "", "contracts", f"net {money.unit}", "share"]
    rows = [
        [
            f"{row['expiration']:%Y-%m-%d}",
            row["root"],
            f"{row['contracts']:,}",
            money(row["net"]),
            figures.percent(row["share_of_gross"]),
            *_without(row, found),
        ]
        for row in found.by_expiration.head(top).iter_rows(named=True)
    ]
    return _table([*head, *_without_head(found)], rows, found.by_expiration.height - top, "expirations", terminal)


def _contracts(found: Explanation, top: int, money: Money, terminal: Terminal) -> list[str]:
    """List the contracts with the most gamma in it, with what went into the formula."""
    head = ["CONTRACT", "", "position", "sigma", "gamma", f"{money.unit}", "share"]
    rows = [
        [
            f"{row['expiration']:%Y-%m-%d} {figures.strike(row['strike'])} {row['option_type']}",
            row["root"],
            f"{row['position']:+,.0f}".replace("-", figures.MINUS),
            f"{100 * row['sigma']:.1f}%",
            f"{row['gamma']:.2e}",
            money(row["gamma_usd_per_1pct"]),
            figures.percent(row["share_of_gross"]),
            *_without(row, found),
        ]
        for row in found.by_contract.head(top).iter_rows(named=True)
    ]
    return _table([*head, *_without_head(found)], rows, found.by_contract.height - top, "contracts", terminal)


def _table(head: list[str], rows: list[list[str]], left: int, of: str, terminal: Terminal) -> list[str]:
    first, *table = aligned([head, *rows], "<<" + ">" * (len(head) - 2))
    more = [f"and {left:,} {of} more"] if left > 0 else []
    return [terminal.paint(first, "muted"), *table, *more]


def _without_head(found: Explanation) -> list[str]:
    return ["flip without"] if found.level == "gamma_flip" else []


def _without(row: dict[str, float | None], found: Explanation) -> list[str]:
    if found.level != "gamma_flip":
        return []
    flip = row["flip_without"]
    return (
        ["none"] if flip is None else [f"{figures.level(flip, found.value)} {figures.signed(flip - found.value, 1):>6}"]
    )


def _variants(found: Explanation, analysis: Analysis, terminal: Terminal) -> list[str]:
    """Give the level under each other convention."""
    if found.level == "strike" or not found.variants:
        return []
    spot = figures.spot_of(analysis)
    rows = [(each.group, each.description, _level(found, getattr(each, found.level), spot)) for each in found.variants]
    head, *table = aligned([("BAND", "under another convention", NAMES[found.level]), *rows], "<<>")
    return [terminal.paint(head, "muted"), *table]


def _formula(found: Explanation, analysis: Analysis, terminal: Terminal) -> list[str]:
    lines = flow([f"SUMS  {found.formula}", *analysis.assumptions], terminal.width, indent=" " * 6)
    return [terminal.paint(line, "muted") for line in lines]
