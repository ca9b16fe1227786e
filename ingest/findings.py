"""What became of a chain's rows, rule by rule: the rows set aside as they stood, the rows kept and flagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.quality import RULES, WARNINGS

if TYPE_CHECKING:
    from gex.ingest.quality import Rule
    from gex.ingest.schema import Chain

ASIDE = ("line", "row")
FLAGGED = (
    "root", "expiration", "option_type", "strike",
    "bid", "ask", "last", "volume", "open_interest", "implied_volatility",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One rule that rows of a chain break.

    Attributes:
        rule: Its code, severity, meaning and remedy.
        count: How many rows break it; of a row set aside only the first rule counts.
        rows: Of an error, `line` and `row` (its text) as far as they are known; of a warning, the contracts and the
            values that rules look at.

    """

    rule: Rule
    count: int
    rows: pl.DataFrame


def findings(chain: Chain) -> list[Finding]:
    """Return a finding for every rule that rows of the chain break, errors first, in the order of the rules.

    A chain that was read back from a file of ours knows how many rows were set aside, but not which: `rows` is shorter
    than `count` then.
    """
    aside = chain.quarantine
    errors = [
        Finding(rule, count, aside.filter(pl.col("reason") == rule.code).select(ASIDE))
        for rule in RULES
        if (count := chain.quality.quarantined.get(rule.code))
    ]
    flagged = (
        (rule, chain.frame.filter(pl.col("quality") & (1 << bit) != 0).select(FLAGGED))
        for bit, rule in enumerate(WARNINGS)
    )
    return errors + [Finding(rule, rows.height, rows) for rule, rows in flagged if rows.height]
