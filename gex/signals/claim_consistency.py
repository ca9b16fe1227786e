"""Claims that need no history: two amounts that must fit each other, and the side on which dealers trade."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from gex.signals.claims import Claimed
from gex.signals.units import MOST_OF_POSITION, flow_against_position, share_against_whole
from gex.signals.verdicts import Figure, Finding, said, spoken

if TYPE_CHECKING:
    from gex.signals.claims import Claim, FlowOfPosition, ShareOfWhole, Sign
    from gex.signals.verdicts import Verdict


def audit_flow(claim: Claim, test: FlowOfPosition) -> Finding:
    """Hold what is traded within a week or a month against the whole position."""
    found, most = flow_against_position(test.flow, test.position, test.period), MOST_OF_POSITION[test.period]
    flow, position = said(abs(test.flow), "usd"), said(abs(test.position), "usd")
    words = f"{flow} in a {test.period} is {found.ratio:.0%} of a position of {position}"
    if found.alarm:
        words += f", beyond {most:.0%}"
    if found.tenfold:
        words += (
            f"; a tenth, {said(abs(test.flow) / 10, 'usd')}, would be {found.ratio / 10:.0%}, "
            "as where 亿 (1e8) is read as billions"
        )
    verdict: Verdict = "inconsistent_units" if found.alarm else "consistent_units"
    figure = Figure("of position", "share", flow, found.ratio, verdict, words)
    return Finding(
        claim, (figure,), f"flow over position, an alarm beyond {most:.0%} in a {test.period}", asdict(found)
    )


def audit_share(claim: Claim, test: ShareOfWhole) -> Finding:
    """Hold the whole that a part and its share imply against the known one."""
    found, implied = share_against_whole(test.part, test.share, test.whole), test.part / test.share
    whole = spoken(Claimed(*test.whole), "usd")
    words = f"{said(test.part, 'usd')} as {said(test.share, 'share')} implies a whole of {said(implied, 'usd')}"
    if found.alarm:
        side, times = ("large", found.ratio) if found.ratio > 1 else ("small", 1 / found.ratio)
        words += f", {times:.0f} times too {side}: of {whole} it would be {_shares(test)}"
    verdict: Verdict = "inconsistent_units" if found.alarm else "consistent_units"
    figure = Figure("whole", "usd", said(implied, "usd"), whole, verdict, words)
    details = {"implied_usd": implied, "whole_usd": test.whole, **asdict(found)}
    return Finding(claim, (figure,), f"amount over share, against {test.whole_source}", details)


def audit_sign(claim: Claim, test: Sign) -> Finding:
    """Hold what dealers are said to do in a move against what hedging makes them do.

    Their delta moves by gamma times the move, and they trade the opposite: short gamma, they sell into a fall.
    """
    against = "sell" if test.move == "up" else "buy"
    found = against if test.gamma == "positive" else {"sell": "buy", "buy": "sell"}[against]
    words = f"dealers with {test.gamma} gamma {found} when the price goes {test.move}"
    right = found == test.dealers
    if not right:
        words = f"{words}: the claim has the wrong sign"
    figure = Figure("dealers", "word", test.dealers, found, "holds" if right else "wrong", words)
    return Finding(claim, (figure,), "hedging, −gamma × move")


def _shares(test: ShareOfWhole) -> str:
    low, high = (said(round(test.part / each, 4), "share") for each in reversed(test.whole))
    return low if low == high else f"{low} to {high}"
