"""Signals by name: expressions of `gex.signals.expression` with what they mean, their unit and their source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """An expression with a name.

    Attributes:
        name: As expressions use it.
        expression: The formula.
        unit: `points`, `%`, `bp`, `sessions`, `percentage points`; `condition` for true and false.
        definition: What it measures, in words.
        source: Who defined it, or where its data come from.
        lag_days: Calendar days from a day to the one on which its value is known, beyond the lags of its series.

    """

    name: str
    expression: str
    unit: str
    definition: str
    source: str = ""
    lag_days: int = 0


LIBRARY = (
    Named("streak_50", "streak(close > sma(close, 50))", "sessions", "days in a row above the 50-day average"),
    Named("below_50", "crosses_below(close, sma(close, 50))", "condition", "the close falls below its 50-day average"),
    Named(
        "golden_cross",
        "crosses_above(sma(close, 50), sma(close, 200))",
        "condition",
        "the 50-day average rises above the 200-day average",
    ),
    Named(
        "death_cross",
        "crosses_below(sma(close, 50), sma(close, 200))",
        "condition",
        "the 50-day average falls below the 200-day average",
    ),
    Named("week_20", "weekly_sma(close, 20)", "points", "average of 20 weekly closes, this week's being today's"),
    Named("new_high", "close > lag(peak(close), 1)", "condition", "the close is above every close before it"),
    Named("volatility_21", "realized(21)", "% a year", "realized volatility of 21 days"),
    Named(
        "variance_premium",
        "VIX * VIX - realized(21) * realized(21)",
        "% squared",
        "implied variance of the next month less realized variance of the last",
        "Carr and Wu (2009), with the last month in place of the next; VIX of Cboe",
    ),
    Named("term_ratio", "VIX / VIX3M", "ratio", "implied volatility of one month over that of three", "Cboe"),
    Named("near_term_ratio", "VIX9D / VIX", "ratio", "implied volatility of nine days over that of a month", "Cboe"),
    Named("backwardation", "VIX > VIX3M", "condition", "one month's implied volatility is above three months'", "Cboe"),
    Named("vvix_above_110", "streak(VVIX > 110)", "sessions", "closes in a row of VVIX above 110", "Cboe"),
    Named(
        "vvix_persistent", "persist(VVIX > 110, 5)", "condition", "VVIX closes above 110 for the fifth time in a row"
    ),
    Named(
        "credit_speed",
        "round_to(100 * native(change(BAMLH0A0HYM2, 21)), 1)",
        "bp",
        "widening of the high-yield spread over 21 of its own days",
        "ICE BofA US High Yield OAS, FRED BAMLH0A0HYM2",
    ),
    Named("credit_stress", "credit_speed > 50", "condition", "the high-yield spread widens by over 50 bp in a month"),
    Named(
        "sahm_rule",
        "round_to(native(sma(UNRATE, 3) - lowest(lag(sma(UNRATE, 3), 1), 12)), 0.01)",
        "percentage points",
        "three-month average of unemployment over the lowest of the twelve before it",
        "Sahm (2019); FRED UNRATE, as revised",
    ),
    Named(
        "sahm_trigger",
        "native(lowest(lag(sma(UNRATE, 3), 1), 12) + 0.5)",
        "%",
        "three-month average of unemployment from which the Sahm rule says recession",
        "Sahm (2019); FRED UNRATE, as revised",
    ),
    Named("sahm_recession", "sahm_rule >= 0.5", "condition", "the Sahm rule says recession", "Sahm (2019)"),
    Named(
        "advance_share",
        "100 * ADVANCES / (ADVANCES + DECLINES)",
        "%",
        "breadth: issues that rose of those that rose or fell",
        "a series of each, of an exchange or an index",
    ),
    Named(
        "breadth_thrust",
        "crosses_above(ema(advance_share, 10), 61.5) and within(ema(advance_share, 10) < 40, 10)",
        "condition",
        "average breadth rises from under 40% to over 61.5% within ten days",
        "Zweig (1986)",
    ),
    Named(
        "concentration_rank",
        "native(percentile(TOP10_WEIGHT, 120))",
        "%",
        "share of the last 120 weights of an index's ten largest that are not above the present one",
        "a series of weights, %; monthly, ten years",
    ),
    Named("semiconductors", "SMH / close", "ratio", "relative strength: a fund of semiconductors over the history"),
    Named("defensives", "XLP / XLY", "ratio", "relative strength: consumer staples over consumer discretionary"),
    Named(
        "positioning",
        "native(zscore(POSITIONING, 156))",
        "standard deviations",
        "a positioning series against its last 156 values",
        "a series of its own; weekly, three years",
    ),
    Named(
        "steady_inflows",
        "started(native(persist(FUND_FLOWS > 30, 5)))",
        "condition",
        "a week's inflow into funds is above 30 for the fifth week in a row",
        "a weekly series, $bn (ICI)",
    ),
    Named(
        "crowded",
        "FMS_CASH < 4 and native(pct(LEVERAGED_ETF_ASSETS, 12)) > 80",
        "condition",
        "managers' cash is under 4% and leveraged funds' assets grew by over 80% in a year",
        "two monthly series: % of assets, and $",
    ),
)
NAMED = {each.name: each for each in LIBRARY}
"""The library, by name."""
