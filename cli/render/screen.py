"""The report of one analysis on a terminal: about thirty lines, the most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.books import books
from gex.cli.render.intervals import interval_lines
from gex.cli.render.level_table import level_table
from gex.cli.render.since import since_lines
from gex.cli.render.strikes import strike_bars
from gex.cli.render.terminal import aligned, flow
from gex.summary import DECISIVE

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal, Token
    from gex.history import Standing
    from gex.results import Analysis, Regime, Slice

STATUS = {"ok": "DATA OK", "delayed": "DATA DELAYED", "closed": "MARKET CLOSED"}
HELD = {
    "naive": "if dealers are long calls, short puts",
    "short-all": "if dealers are short calls and puts",
    "call-skew": "if dealers hold calls as their skew says, short puts",
    "volume": "had dealers bought today's calls, sold its puts",
    "book": "in your own book",
}
VERDICT: dict[Regime, tuple[str, Token]] = {
    "long_gamma": ("LONG GAMMA", "positive"),
    "short_gamma": ("SHORT GAMMA", "negative"),
    "near_zero": ("GAMMA NEAR ZERO, SIGN UNKNOWN,", "muted"),
}
SIGN = {"positive": "LONG GAMMA", "negative": "SHORT GAMMA", "unknown": "SIGN UNKNOWN"}
BASIS = {"volume": "by volume", "book": "in your own book"}
RANKED = {
    "net_gamma_usd_per_1pct": "net",
    "gross_gamma_usd_per_1pct": "gross",
    "spot_above_flip_pct": "spot over flip",
}
MOVES = {-0.5: "−½%", 0.5: "+½%"}


def screen(analysis: Analysis, terminal: Terminal, past: Standing | None = None, before: Analysis | None = None) -> str:
    """Return the report as text.

    Args:
        analysis: What to report.
        terminal: Where; of strikes it gets as many as its height has room for.
        past: Where its figures stand among those of earlier sessions, if there are any.
        before: The snapshot before it, to say what has changed.

    """
    since = [] if before is None else since_lines(before, analysis, terminal)
    above = [
        [*_status(analysis, terminal), *_verdict(analysis, terminal), *since, *_warnings(analysis, terminal)],
        books(analysis, terminal),
        [*level_table(analysis, terminal), *interval_lines(analysis, terminal)],
        [
            *_exposure(analysis, terminal),
            *(_past(past, terminal) if past else []),
            *_flows(analysis, terminal),
            *_first_expiration(analysis, terminal),
        ],
    ]
    below = [*_check(analysis, terminal), *_assumes(analysis, terminal)]
    others = sum(len(block) + 1 for block in (*above, below) if block)
    room = None if terminal.height is None else terminal.height - others - 2  # Of these, one for the prompt.
    blocks = [*above, strike_bars(analysis, terminal, room), below]
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def _status(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Say what, when, and in which state the data are."""
    file_time = f" (file {figures.clock(analysis.stamp, analysis.quote_time)})" if analysis.stamp else ""
    state = STATUS[analysis.status] + (f" {analysis.delay_minutes:g} min" if analysis.status == "delayed" else "")
    head = (
        f"{analysis.underlying} {figures.price(analysis.spot.used)}  {figures.moment(analysis.quote_time)}{file_time}"
    )
    parts = [f"{head}   {state}"]
    if analysis.settings.move_to:
        parts.append(f"RE-PRICED at {figures.price(analysis.settings.move_to)}")
    if analysis.evaluated_at != analysis.quote_time:
        parts.append(f"EVALUATED at {figures.moment(analysis.evaluated_at)}")
    if analysis.settings.expirations != "all":
        parts.append(f"EXPIRATIONS {analysis.settings.expirations}")
    if analysis.open_interest_date:
        parts.append(f"open interest of {analysis.open_interest_date:%m-%d}")
    first, *rest = flow(parts, terminal.width, indent="  ")
    return [terminal.paint(first, "ink", bold=True), *rest]


def _verdict(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Say which side of the flip dealers are on, all expirations and today's alone."""
    text, token = VERDICT[analysis.regime]
    held = HELD[analysis.settings.model or "naive"]
    today = [today_alone(analysis.zero_dte, analysis)] if analysis.zero_dte else []
    lines = flow([f"{text} {held}", *today], terminal.width, indent="  ")
    return [line.replace(text, terminal.paint(text, token, bold=True), 1) for line in lines]


def today_alone(part: Slice, analysis: Analysis) -> str:
    """Say what today's expiration does alone, and where its sign is unknown, why."""
    gamma, volume = part.exposure.gamma_usd_per_1pct, part.net_by_volume
    money = figures.Money.spanning([gamma.net, volume])
    model = analysis.settings.model
    text = f"{money(gamma.net)} {money.unit} {BASIS.get(model or 'naive', 'by open interest')}"
    if volume is not None and model != "volume":
        text += f", {money(volume)} by volume"
    if part.sign == "unknown" and abs(gamma.net) < DECISIVE * gamma.gross:
        text += f", net under {DECISIVE:.0%} of gross"
    return f"0DTE alone: {SIGN[part.sign]} ({text})"


def _warnings(analysis: Analysis, terminal: Terminal) -> list[str]:
    return [
        terminal.paint(line, "alert")
        for warning in analysis.warnings
        for line in flow([f"! {warning}"], terminal.width, indent="  ")
    ]


def _exposure(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Give net gamma beside what it is the small difference of."""
    exposure, gamma = analysis.exposure, analysis.exposure.gamma_usd_per_1pct
    money = figures.Money.spanning([gamma.gross])
    net = f"{money.alone(gamma.net)} {money.unit}"
    parts = [f"NET {net} per +1%", f"gross {figures.three_digits(gamma.gross / money.scale)}"]
    if exposure.condition_number is not None:
        parts.append(f"gross/net {figures.three_digits(exposure.condition_number)}")
    parts.append(f"vanna {money.alone(exposure.vanna_usd_per_vol_point)} per vol point")
    lines = flow(parts, terminal.width, separator="   ", indent="  ")
    _, token = VERDICT[analysis.regime]
    return [lines[0].replace(net, terminal.paint(net, token, bold=True), 1), *lines[1:]]


def _past(past: Standing, terminal: Terminal) -> list[str]:
    """Say where the figures stand among those of the sessions before."""
    since = f"{past.sessions} session{'' if past.sessions == 1 else 's'} before, from {past.first}"
    ranked = [(name, rank) for name, rank in past.ranks.items() if rank.percentile is not None]
    if not ranked:
        return flow([f"PAST  {since}", f"{past.at_least} needed for percentiles"], terminal.width, indent="  ")
    parts = [f"{RANKED[name]} {rank.percentile:.0f} of {rank.sessions}" for name, rank in ranked]
    return flow([f"PAST  percentile: {', '.join(parts)}", since], terminal.width, indent="  ")


def _flows(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Lay out what dealers must trade after each move, and as time passes to the close."""
    charm = analysis.exposure.charm_usd_to_close
    trades = [flow.flow_usd for flow in analysis.hedge_flow] + ([] if charm is None else [-charm])
    money = figures.Money.spanning(trades)
    moves = [_move(flow.spot_move_pct, terminal) for flow in analysis.hedge_flow]
    head = ("spot moves", *moves, *([] if charm is None else ["charm to close"]))
    rows = [head, (f"dealers trade {money.unit}", *map(money, trades))]
    lines = aligned(rows, "<" + ">" * len(trades))
    if charm is None or max(map(len, lines)) <= terminal.width:
        return lines
    lines = aligned([row[:-1] for row in rows], "<" + ">" * (len(trades) - 1))
    return [*lines, f"charm to close {money(trades[-1])}"]


def _move(percent: float, terminal: Terminal) -> str:
    """Return a move in the fewest characters that the terminal has."""
    short = MOVES.get(percent)
    if short is None:
        return figures.signed(percent, 0) + "%"
    return short if terminal.readable("½") == "½" else figures.signed(percent, 1) + "%"


def _first_expiration(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Say how much of everything expires today, or next where nothing does today."""
    part, label = analysis.zero_dte, "0DTE"
    if part is None:
        part = analysis.next_expiration
        label = f"NEXT {part.expirations[0]:%m-%d}" if part else ""
    if part is None:
        return []
    shares = [
        f"{figures.percent(share)} of {what}"
        for share, what in (
            (part.share_of_gross, "gross gamma"),
            (part.share_of_volume, "volume"),
            (part.share_of_open_interest, "open interest"),
        )
        if share is not None
    ]
    move = part.expected_move
    expected = [f"expected ±{figures.three_digits(move.one_sigma)} (1 sigma)"] if move else []
    return flow([f"{label} " + ", ".join(shares), *expected], terminal.width, indent="  ")


def _check(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Account for every row, and hold our gamma against the vendor's."""
    report = analysis.quality
    aside = [f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(report.quarantined.items())]
    total = sum(report.quarantined.values())
    text = f"CHECK  {report.rows_in:,} rows in = {analysis.rows_used:,} used + {total:,} set aside"
    parts = [text + (f" ({', '.join(aside)})" if aside else "")]
    if analysis.vendor_check:
        parts.append(f"0DTE gamma/vendor's {analysis.vendor_check.median_gamma_ratio:.3f}")
    return [terminal.paint(line, "muted") for line in flow(parts, terminal.width, indent=" " * 7)]


def _assumes(analysis: Analysis, terminal: Terminal) -> list[str]:
    lines = flow([f"ASSUMES  {analysis.assumptions[0]}", *analysis.assumptions[1:]], terminal.width, indent=" " * 9)
    return [terminal.paint(line, "muted") for line in lines]
