"""The larger leveraged and inverse funds of US indices; assets only where a page that can be looked up dates them.

Assets change by the day: they are a start for a table of one's own (`gex flows --funds FILE`), not a feed.
"""

from __future__ import annotations

import datetime as dt

from gex.flows.funds import Fund

FOOL = "https://www.fool.com/coverage/etfs/"
TQQQ_SSO = f"{FOOL}2025/11/20/tqqq-delivers-larger-gains-than-sso-but-it-comes-with-increased-risk-and-volatility/"
SPXL = f"{FOOL}2025/11/05/tqqq-delivers-bigger-gains-than-spxl-over-five-years"
QLD = f"{FOOL}2025/12/17/qld-vs-spxl-is-tech-heavy-growth-or-s-and-p-500-diversification-better-for-investors"
UPRO = "https://www.bestetf.net/compare/UPRO-vs-KOOL"
SHORTS = "https://etfreplay.com/summary/39"

DEFAULT_FUNDS = (
    Fund("SPXL", "SPX", 3.0, 6.1e9, dt.date(2025, 11, 5), SPXL),
    Fund("UPRO", "SPX", 3.0, 4.46e9, dt.date(2025, 7, 18), UPRO),
    Fund("SSO", "SPX", 2.0, 7.1e9, dt.date(2025, 11, 20), TQQQ_SSO),
    Fund("SH", "SPX", -1.0, 851e6, dt.date(2024, 12, 20), SHORTS),
    Fund("SDS", "SPX", -2.0),
    Fund("SPXU", "SPX", -3.0),
    Fund("SPXS", "SPX", -3.0),
    Fund("TQQQ", "NDX", 3.0, 27.5e9, dt.date(2025, 11, 20), TQQQ_SSO),
    Fund("QLD", "NDX", 2.0, 10.6e9, dt.date(2025, 12, 17), QLD),
    Fund("PSQ", "NDX", -1.0, 460e6, dt.date(2024, 12, 20), SHORTS),
    Fund("QID", "NDX", -2.0),
    Fund("SQQQ", "NDX", -3.0),
    Fund("TNA", "RUT", 3.0),
    Fund("UWM", "RUT", 2.0),
    Fund("RWM", "RUT", -1.0, 123e6, dt.date(2024, 12, 20), SHORTS),
    Fund("TWM", "RUT", -2.0),
    Fund("TZA", "RUT", -3.0),
)
