"""Dates that a browser printed in its own language and layout, and times that users give.

A quote table saved from a web page carries its date as the visitor's browser wrote it: `December 12, 2022 at 8:30 PM
EST`, `27 de agosto de 2025 às 21:30 GMT-4`, `9 декабря 2023 г. в 13:49 GMT-5`, `Jun 22 2020 @ 20:42 ET`. So the
parts are looked for one by one (zone, clock, year, month, day) and whatever else stands between them is ignored.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from zoneinfo import ZoneInfo

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import TimeError

REMEDY = "give the time of the quotes with --quote-time, e.g. --quote-time 2025-09-05T10:01 (New York)"

# Full names, month by month; any prefix of three letters or more that fits one month only is understood too.
_MONTH_NAMES = {
    "English": "january february march april may june july august september october november december",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "German": "januar februar märz april mai juni juli august september oktober november dezember",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Dutch": "januari februari maart april mei juni juli augustus september oktober november december",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Turkish": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "Russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "Ukrainian": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "irregular": "jan feb mrt apr май juin juil aou sept okt nov dez",
}
_NUMERIC_ZONE = re.compile(r"\b(?:gmt|utc)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?(?!\d)|(?<=:\d\d)([+-])(\d{2}):?(\d{2})\b")
_NAMED_ZONE: dict[str, str | int] = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "gmt": 0, "utc": 0, "z": 0, "mez": 1, "mesz": 2, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3,
}  # fmt: skip
_CLOCK = re.compile(
    r"(?P<before>上午|下午|午前|午後|오전|오후)?\s*"
    r"(?<!\d)(?P<hour>\d{1,2})\s*[:.h時时시]\s*(?P<minute>\d{2})(?:[:.]\d{2}(?:\.\d+)?)?(?!\d)"
    r"(?:\s*(?P<after>[ap])\.?\s?m\b\.?)?"
)
_AFTERNOON = {"下午", "午後", "오후", "p"}
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*日?")
_SLASHED_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


def parse_stamp(text: str) -> dt.datetime:
    """Return the instant that a date line names, in UTC.

    Args:
        text: Date, time of day and zone in any of the languages and layouts above, in any order.

    Returns:
        The instant in UTC.

    Raises:
        TimeError: A part is missing, ambiguous or impossible; the message says which.

    """
    plain = _plain(text)
    zone, plain = _take_zone(plain, text)
    clock, plain = _take_clock(plain, text)
    day = _date(plain, text)
    return as_utc(dt.datetime.combine(day, clock, zone))


def parse_quote_time(text: str) -> dt.datetime:
    """Return the instant, in UTC, that a user wrote as ISO 8601; without an offset it is New York's.

    Raises:
        TimeError: The text is not an ISO 8601 date and time.

    """
    try:
        given = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        given = None
    if given is None or not re.search(r"\d[T ]\d", text.strip()):
        raise TimeError(f"{text!r} is not a date and time: write it as 2025-09-05T10:16 (New York)", value=text)
    return as_utc(given)


def as_utc(instant: dt.datetime) -> dt.datetime:
    """Return an instant in UTC, taking a naive one as New York's.

    Raises:
        TimeError: Listed options did not exist yet, or it is a slip of the pen.

    """
    if not 1990 <= instant.year < 2100:
        raise TimeError(f"{instant.isoformat()} is no time of option quotes; {REMEDY}", value=instant)
    return (instant if instant.tzinfo else instant.replace(tzinfo=NEW_YORK)).astimezone(dt.UTC)


def _plain(text: str) -> str:
    """Return the text in lower case, without accents, with plain blanks and minus signs."""
    decomposed = unicodedata.normalize("NFKD", text.translate(dict.fromkeys(map(ord, "−–—‐‑"), "-")))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).casefold().replace("ı", "i")


def _months() -> dict[str, int]:
    """Map every prefix of a month's name that names one month only to its number."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for names in _MONTH_NAMES.values():
        for number, name in enumerate(map(_plain, names.split()), start=1):
            for length in range(3, len(name) + 1):
                found[name[:length]].add(number)
            found[name].add(number)
    return {prefix: next(iter(numbers)) for prefix, numbers in found.items() if len(numbers) == 1}


_MONTHS = _months()


def _take_zone(plain: str, text: str) -> tuple[dt.tzinfo, str]:
    """Return the zone, and the text without it."""
    if match := _NUMERIC_ZONE.search(plain):
        sign, hours, minutes = match.group(1, 2, 3) if match.group(1) else match.group(4, 5, 6)
        offset = dt.timedelta(hours=int(hours), minutes=int(minutes or 0))
        if offset >= dt.timedelta(hours=15):
            raise TimeError(f"no zone is {match.group().strip()} in {text!r}; {REMEDY}", value=text)
        return dt.timezone(-offset if sign == "-" else offset), plain[: match.start()] + " " + plain[match.end() :]
    for word in re.finditer(r"[a-z]+", plain):
        zone = _NAMED_ZONE.get(word.group())
        if zone is not None:
            rest = plain[: word.start()] + " " + plain[word.end() :]
            return ZoneInfo(zone) if isinstance(zone, str) else dt.timezone(dt.timedelta(hours=zone)), rest
    raise TimeError(f"no time zone in {text!r}; {REMEDY}", value=text)


def _take_clock(plain: str, text: str) -> tuple[dt.time, str]:
    """Return the time of day, and the text without it."""
    # A dotted date (05.09.2025) is not a clock: look for it only after the date's digits are gone.
    masked = _SLASHED_DATE.sub(lambda match: "#" * len(match.group()), plain)
    match = _CLOCK.search(masked)
    if not match:
        raise TimeError(f"no time of day in {text!r}; {REMEDY}", value=text)
    hour, minute = int(match["hour"]), int(match["minute"])
    half = match["before"] or match["after"]
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        raise TimeError(f"no time of day is {match.group().strip()} in {text!r}; {REMEDY}", value=text)
    if half:
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    return dt.time(hour, minute), plain[: match.start()] + " " + plain[match.end() :]


def _date(plain: str, text: str) -> dt.date:
    """Return the date in what is left of the text."""
    if match := _ISO_DATE.search(plain):
        year, month, day = map(int, match.groups())
    elif match := _SLASHED_DATE.search(plain):
        first, second, year = map(int, match.groups())
        # With dots the day always comes first; with slashes or hyphens it depends on the country.
        if "." in match.group():
            first, second = second, first
        elif first != second and first <= 12 and second <= 12:
            raise TimeError(f"{match.group()} may be month/day or day/month in {text!r}; {REMEDY}", value=text)
        month, day = (first, second) if first <= 12 else (second, first)
    else:
        year, month, day = _worded_date(plain, text)
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise TimeError(f"no such date as year {year}, month {month}, day {day} in {text!r}; {REMEDY}") from None


def _worded_date(plain: str, text: str) -> tuple[int, int, int]:
    """Return year, month and day where the month is a word."""
    year = _YEAR.search(plain)
    if not year:
        raise TimeError(f"no year in {text!r}; {REMEDY}", value=text)
    months = {_MONTHS[word] for word in re.findall(r"[^\W\d_]+", plain) if word in _MONTHS}
    days = re.findall(r"(?<!\d)\d{1,2}(?!\d)", plain[: year.start()] + " " + plain[year.end() :])
    if len(months) != 1 or len(days) != 1:
        what = "month" if len(months) != 1 else "day"
        raise TimeError(f"no single {what} in {text!r}; {REMEDY}", value=text)
    return int(year.group()), months.pop(), int(days[0])
