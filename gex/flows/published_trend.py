"""What Goldman Sachs has published of trend followers, as public pages quote it: positions, flow tables, pivots.

A table of data. A note of a Monday or of a holiday's Tuesday uses the last close before it: that close's date is the
row's, and the pivots agree. Dollars are billions, of equities worldwide; None is what a page does not give, or cuts off.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

Three = tuple[float | None, float | None, float | None]
NOT_GIVEN: Three = (None, None, None)


@dataclass(frozen=True)
class PublishedTrend:
    """One note.

    Attributes:
        close: The session whose close it rests on.
        week: $bn that would be bought within a week if the index is flat, up, down.
        month: The same within a month.
        position: $bn held.
        percentile: Of the position, 0 to 100, among a past that is not named.
        pivots: Short, medium and long level of SPX, points.
        source: The page that quotes it.
        first: Whether it is one of those collected first; a fit to these is tested on the others.

    """

    close: dt.date
    week: Three
    month: Three
    position: float | None
    percentile: float | None
    pivots: Three
    source: str
    first: bool = False


def _row(
    close: str,
    week: Three,
    month: Three,
    held: tuple[float | None, float | None],
    pivots: Three,
    source: str,
    *,
    first: bool = False,
) -> PublishedTrend:
    return PublishedTrend(dt.date.fromisoformat(close), week, month, *held, pivots, source, first)


_INSIGHTS = "blog/institutional-insights-goldman-sachs-sp500"

PUBLISHED = (
    _row(
        "2024-01-26",
        (16.0, 17.0, -4.0),
        (55.0, 63.0, -201.0),
        (116.0, 85.0),
        (4728.0, 4556.0, 4423.0),
        "reddit.com/r/VolSignals, 2024-01-30",
    ),
    _row("2024-04-11", NOT_GIVEN, NOT_GIVEN, (None, None), (5135.0, None, None), "forexlive.com, 2024-04-15"),
    _row(
        "2024-07-19",
        (-13.0, -2.0, -46.0),
        (-18.0, 40.0, -234.0),
        (149.0, 91.0),
        (5465.0, 5207.0, 4798.0),
        "tmill-vn.com/blog/institutional-insights-goldman-sachs-sp500-positioning-levels",
        first=True,
    ),
    _row(
        "2024-09-13",
        (-5.0, 3.0, -30.0),
        (15.0, 66.0, -141.0),
        (70.0, 66.0),
        (5526.0, 5358.0, 4938.0),
        f"tickmill.com/{_INSIGHTS}-positioning-sentiment-key-levels",
        first=True,
    ),
    _row(
        "2024-09-20",
        (35.0, 39.0, 12.0),
        (40.0, 70.0, -123.0),
        (65.0, 64.0),
        (5559.0, 5383.0, 4949.0),
        f"tickmill.com/{_INSIGHTS}-positioning-key-levels-25-09-24",
    ),
    _row(
        "2024-10-18",
        (2.0, 2.0, -18.0),
        (35.0, 41.0, -153.0),
        (114.0, 81.0),
        (5703.0, 5490.0, 5016.0),
        f"tickmill.tech/{_INSIGHTS}-positioning-key-levels-221024",
        first=True,
    ),
    _row(
        "2024-12-13",
        (12.0, 18.0, -25.0),
        (18.0, 46.0, -169.0),
        (129.0, 75.0),
        (5954.0, 5706.0, 5222.0),
        "tickmill.tech/blog/institutional-insights-goldman-sachs-equity-positioning-key-levels",
    ),
    _row("2025-02-20", NOT_GIVEN, NOT_GIVEN, (None, None), (6042.0, None, None), "mixedtimes.com, February 2025"),
    _row(
        "2025-02-21",
        (-11.0, -4.0, -40.0),
        (-27.0, 12.5, -193.0),
        (158.0, 90.0),
        (6045.0, 5887.0, None),
        "tmill-vn.com/blog/institutional-insightsgoldman-sachs-equity-positioning-and-key-levels",
    ),
    _row(
        "2025-05-02",
        (45.54, 51.07, 28.31),
        (43.81, 79.17, -28.23),
        (None, None),
        (5565.0, 5745.0, 5489.0),
        f"str-tickmill.com/{_INSIGHTS}-positioning-key-levels-6525",
    ),
    _row(
        "2025-05-09",
        (21.49, 26.06, 0.12),
        (23.11, 49.65, -78.73),
        (None, None),
        (5584.0, 5742.0, 5492.0),
        f"gtr-tickmill.com/{_INSIGHTS}-positioning-key-levels-130525",
    ),
    _row(
        "2025-05-23",
        (0.92, -0.25, -17.0),
        (1.8, 7.8, -125.0),
        (None, None),
        (5698.0, 5765.0, 5520.0),
        f"tickmill.tech/{_INSIGHTS}-positioning-key-levels-280525",
        first=True,
    ),
    _row(
        "2025-06-06",
        (2.77, 1.14, -9.99),
        (8.19, 7.88, -119.33),
        (None, None),
        (5786.0, 5793.0, 5554.0),
        f"tmill-vna.com/{_INSIGHTS}-positioning-key-levels-100625",
    ),
    _row(
        "2025-06-20",
        (-10.03, -4.87, -32.13),
        (15.8, 44.4, -137.65),
        (75.0, 64.0),
        (5867.0, 5826.0, 5596.0),
        "tmill-vna.com/blog/institutional-insights-sp500-positioning-key-levels",
        first=True,
    ),
    _row(
        "2025-06-27",
        (8.44, 7.89, -18.46),
        (82.23, 87.20, -125.22),
        (67.0, 61.0),
        (5918.0, 5846.0, 5598.0),
        f"fatr-tickmill.com/{_INSIGHTS}-poisoning-key-levels-2725",
    ),
    _row(
        "2025-09-26",
        (4.56, 6.86, -28.03),
        (11.28, 18.72, -214.61),
        (172.0, None),
        (6498.0, 6225.0, 5833.0),
        f"tickmill.net/{_INSIGHTS}-positioning-key-levels-30925",
        first=True,
    ),
    _row(
        "2025-10-03",
        (10.10, 7.85, -8.45),
        (19.70, 13.42, None),
        (None, None),
        NOT_GIVEN,
        f"fatr-tickmill.com/{_INSIGHTS}-positioning-key-levels-71025",
        first=True,
    ),
    _row(
        "2025-11-13",
        NOT_GIVEN,
        NOT_GIVEN,
        (165.0, 94.0),
        (6725.0, None, None),
        "a market note of November 2025, unsigned",
        first=True,
    ),
    _row(
        "2025-12-08",
        NOT_GIVEN,
        NOT_GIVEN,
        (None, None),
        (6754.0, 6512.0, None),
        f"tickmill.online/{_INSIGHTS}-key-levels-positioning-91225",
    ),
    _row("2026-02-05", NOT_GIVEN, NOT_GIVEN, (None, None), (None, 6707.0, None), "press, February 2026"),
)
