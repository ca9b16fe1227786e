"""Feedback on a terminal: a sentence, the figures behind it, where prices break away, and a simulated session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.feedback_document import ONE_PCT, VARIANCE_STEPS, assumptions
from gex.cli.render.flows import TITLES
from gex.cli.render.terminal import aligned, flow
from gex.flows.chain_feedback import PER_UNIT
from gex.flows.impact import SquareRootImpact

if TYPE_CHECKING:
    import datetime as dt

    from gex.cli.render.feedback_document import DayShown, Shown
    from gex.cli.render.terminal import Terminal
    from gex.flows.chain_feedback import Linear
    from gex.flows.day_statistics import Estimate
    from gex.flows.fixed_point import Fold, Response

ROWS = 14
"""Of a simulated session, about so many are shown."""
HALF_PERCENT = 0.005


def screen(shown: Shown, terminal: Terminal) -> str:
    """Return the view as text."""
    blocks = [_head(shown, terminal), _figures(shown), _day(shown, terminal), _notes(shown, terminal)]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _head(shown: Shown, terminal: Terminal) -> list[str]:
    """Say what of, when, and what hedging does there."""
    chain, market = shown.base.chain, shown.base.market
    title = f"{chain.underlying} {figures.price(shown.feedback.spot)}  {figures.moment(market.evaluated_at)}"
    linear = shown.feedback.linear
    lines = flow([f"FEEDBACK  {finding(shown)}"], terminal.width, indent="  ")
    bad = linear is not None and linear.regime == "no equilibrium"
    return [
        terminal.paint(title, "ink", bold=True),
        *(terminal.paint(line, "alert" if bad else "ink", bold=bad) for line in lines),
    ]


def finding(shown: Shown) -> str:
    """Say in a sentence what hedging does to moves."""
    found, linear = shown.feedback, shown.feedback.linear
    side = "long" if found.gamma_usd > 0 else "short" if found.gamma_usd < 0 else "without"
    gamma = f"dealers are {side} gamma, {figures.dollars(found.gamma_usd / PER_UNIT)} per 1%"
    if linear is None:
        return f"{gamma}: what that does to moves depends on the impact ({found.reasons['linear']})"
    if linear.multiplier is None:
        return f"NO EQUILIBRIUM: {gamma}, and {linear.reasons['multiplier']}"
    if abs(linear.multiplier - 1) < HALF_PERCENT:
        return f"{gamma}: hedging hardly moves the price (x{linear.multiplier:.3f})"
    verb = "shrinks" if linear.multiplier < 1 else "grows"
    return f"{gamma}: hedging {verb} every move to {linear.multiplier:.2f} times its size"


def _figures(shown: Shown) -> list[str]:
    """Give the figures behind it, a line each."""
    found = shown.feedback
    rows = [("dealers' gamma", figures.dollars(found.gamma_usd / PER_UNIT) + " per 1%", _held(shown))]
    if found.linear is not None:
        rows += _linear(found.linear, by_root=isinstance(found.impact, SquareRootImpact))
    rows.append(_critical(shown))
    if found.prices is not None and not found.prices.stable:
        rows.append(_resting(found.prices, found.spot))
    elif found.prices is not None:
        below, above = found.prices.next_folds
        calm = f"prices hold within {100 * found.reach:g}%"
        rows += [
            ("a fall breaks at", *_fold(below, found.spot, calm)),
            ("a rise breaks at", *_fold(above, found.spot, calm)),
        ]
    return aligned(rows, "<><")


def _held(shown: Shown) -> str:
    return f"positions {shown.base.settings.as_dict()['positions']}"


def _linear(linear: Linear, *, by_root: bool) -> list[tuple[str, str, str]]:
    per_usd = linear.impact_per_usd
    what = "for one daily sd" if by_root else "linear"
    rows = [
        ("impact", f"1% for {_amount(ONE_PCT / per_usd)}" if per_usd else "none", f"{per_usd:.3g} per $, {what}"),
        ("lambda * G", figures.signed(linear.strength, 3), linear.regime),
        ("hedged at once", _times(linear.multiplier), "size of moves and of volatility"),
        ("hedged late", *_late(linear)),
    ]
    if linear.critical_gamma_usd is not None and linear.room_usd is not None:
        room = f"{_amount(abs(linear.room_usd) / PER_UNIT)} per 1% {'away' if linear.room_usd > 0 else 'beyond it'}"
        rows.append(
            ("no equilibrium from", f"{figures.dollars(linear.critical_gamma_usd / PER_UNIT)} per 1%", room),
        )
    return rows


def _late(linear: Linear) -> tuple[str, str]:
    late = linear.late
    if late is None:
        return "–", "one step late it overshoots"
    ratio = f"variance ratio({VARIANCE_STEPS}) {late.variance_ratio(VARIANCE_STEPS):.3f}"
    return _times(late.volatility_ratio), f"phi {figures.signed(late.phi, 3)}, {ratio}"


def _times(multiplier: float | None) -> str:
    return "–" if multiplier is None else f"x{multiplier:.3f}"


def _amount(usd: float) -> str:
    """Return an amount without a sign."""
    return figures.dollars(usd).removeprefix("+")


def _critical(shown: Shown) -> tuple[str, str, str]:
    critical, linear = shown.feedback.critical, shown.feedback.linear
    if critical.impact is None or critical.spot is None:
        return "prices fold from", "–", "hedging resists every move within reach"
    known = linear is not None and linear.impact_per_usd
    size = (
        f"{critical.impact / linear.impact_per_usd:.3g} x impact"
        if linear and known
        else f"{critical.impact:.3g} per $"
    )
    first = figures.level(critical.spot, shown.feedback.spot)
    return "prices fold from", f"1% for {_amount(ONE_PCT / critical.impact)}", f"{size}, first at {first}"


def _resting(prices: Response, spot: float) -> tuple[str, str, str]:
    """Say where a price that is not at rest comes to rest without a shock."""
    stable = [each.spot for each in prices.equilibria(0.0) if each.stable]
    below, above = (
        max((each for each in stable if each < spot), default=None),
        min((each for each in stable if each > spot), default=None),
    )
    texts = [
        f"{figures.level(each, spot)} ({figures.signed(100 * (each / spot - 1), 2)}%)"
        for each in (below, above)
        if each
    ]
    return (
        "comes to rest at",
        texts[0] if texts else "–",
        f"or {texts[1]}" if texts[1:] else "" if texts else "nowhere within reach",
    )


def _fold(fold: Fold | None, spot: float, calm: str) -> tuple[str, str]:
    if fold is None:
        return "–", calm
    at = f"{figures.level(fold.spot, spot)} ({figures.signed(100 * (fold.spot / spot - 1), 2)}%)"
    shock = f"shock {figures.signed(100 * fold.shock, 2)}%"
    if fold.lands is None or fold.cascade is None:
        return at, f"{shock}, leaps beyond reach"
    return at, f"{shock}, leaps to {figures.level(fold.lands, spot)} ({figures.signed(100 * fold.cascade, 2)}%)"


def _day(shown: Shown, terminal: Terminal) -> list[str]:
    """Show the first simulated session and what all of them are like."""
    day = shown.day
    if day is None:
        return []
    how = "one step late" if day.plan.late else "at once"
    title = f"SIMULATED  session of {day.session.date:%a %Y-%m-%d}, seed {day.plan.seed}, hedged {how}"
    missing = [f"without {part.name.replace('_', ' ')}: {part.reason}" for part in day.parts if part.flow is None]
    return [
        *flow([title, *missing], terminal.width, indent="  "),
        *_path(day, terminal),
        *flow(_statistics(day), terminal.width, indent="  "),
    ]


def _path(day: DayShown, terminal: Terminal) -> list[str]:
    days, last = day.days, len(day.days.elapsed) - 1
    every = max(1, -(-last // ROWS))
    rows = sorted({*range(0, last, every), last})
    money = figures.Money.spanning([float(usd[0, row]) for usd in days.usd.values() for row in rows])
    head = ["time", "alone", "price", *(TITLES[name] for name in days.usd), f" {money.unit} since the start, + buys"]
    lines = [
        [
            _clock(day.session.at(float(days.elapsed[row]))),
            figures.price(float(days.alone[0, row])),
            figures.price(float(days.spots[0, row])),
            *(money(float(usd[0, row])) for usd in days.usd.values()),
            "",
        ]
        for row in rows
    ]
    first, *rest = aligned([head, *lines], "<" + ">" * (len(head) - 2) + "<")
    return [terminal.paint(first, "muted"), *rest]


def _clock(time: dt.datetime) -> str:
    return time.astimezone(figures.NEW_YORK).strftime("%H:%M")


def _statistics(day: DayShown) -> list[str]:
    found, left = day.statistics, int(day.days.beyond.sum())
    parts = [
        f"{found.days} sessions: volatility x{_estimate(found.volatility_ratio)}",
        f"variance ratio of {found.variance_steps} steps {_estimate(found.variance_ratio)}",
        f"autocorrelation {_estimate(found.autocorrelation)}",
        f"last half hour on the rest of the session {_estimate(found.close_slope)}",
    ]
    return parts + ([f"{left} ran off the prices looked at: flows are held there"] if left else [])


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    return figures.signed(estimate.value, 3).removeprefix("+") + (
        "" if estimate.error is None else f" ±{estimate.error:.3f}"
    )


def _notes(shown: Shown, terminal: Terminal) -> list[str]:
    first, *others = assumptions(shown)
    parts = [
        f"ASSUMES  {first}",
        *others,
        "lambda: return per $ of net buying",
        "G: dealers' gamma, $ per unit return",
        "prices: ln(S/S0) = shock + impact of hedging all the way to S, re-priced",
    ]
    if shown.day is not None:
        parts += ["±: one Monte Carlo standard error", "alone: the same noise without impact"]
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent=" " * 9)]
