"""What a server may answer: a status, a type and a body, each judged before the next is looked at."""

from __future__ import annotations

import datetime as dt
import email.utils
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from gex.ingest.errors import FeedError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

REDIRECTS = {301, 302, 303, 307, 308}
_WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}
_GONE = {404, 410}
_NOT_SERVED = {401, 403, 451}
_YEAR = 365 * 86_400.0


@dataclass(frozen=True)
class Expected:
    """What a reply must be.

    Attributes:
        what: Its name, for messages.
        types: The content types it may have; nothing is read of any other, such as a web page.
        check: Takes the content and raises an UnreadableError where it may be cut off, another ChainError where it is
            of another kind.

    """

    what: str
    types: frozenset[str]
    check: Callable[[bytes], object]


class MayPassError(Exception):
    """A failure that another try may cure; `after` is how many seconds the server asks to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


@contextmanager
def failures_named(url: str) -> Iterator[None]:
    """Turn the ways a connection fails into this module's errors.

    Raises:
        MayPassError: No connection, or it was lost.
        FeedError: The address is none.

    """
    import httpx

    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise FeedError(f"no address of a server ({error}); check --base-url", source=url) from None
    except httpx.TimeoutException as error:
        what = "no connection" if isinstance(error, httpx.ConnectTimeout) else "no answer"
        raise MayPassError(f"{what} in time") from None
    except httpx.RemoteProtocolError as error:
        raise MayPassError(f"the reply is cut off or malformed ({error})") from None
    except httpx.DecodingError:
        raise MayPassError("the reply's compression is damaged") from None
    except httpx.TransportError as error:
        raise MayPassError(f"no connection ({error})") from None


def check_head(response: httpx.Response, expected: Expected, now: dt.datetime, max_bytes: int) -> None:
    """Refuse what its head shows to be something else.

    Raises:
        MissingError: There is no such file.
        MayPassError: The server is busy or out of order.
        FeedError: It refuses, or sends another type or too much.

    """
    url = str(response.url)
    _check_status(response, url, now)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind and kind not in expected.types:
        page = ", a web page;" if kind == "text/html" else ";"
        raise FeedError(f"expected {expected.what}, got {kind}{page} check --base-url", source=url, value=kind)
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise too_large(url, max_bytes)


def too_large(url: str, max_bytes: int) -> FeedError:
    """Return the error for a reply beyond what is taken."""
    return FeedError(f"the reply is larger than {max_bytes:,} bytes, and no chain; check --base-url", source=url)


def moved_to(response: httpx.Response, url: str) -> str:
    """Return where a redirect leads, on the same host.

    Raises:
        FeedError: It leads elsewhere, or nowhere.

    """
    target = response.headers.get("Location", "")
    try:
        target = urljoin(url, target)
        same_host = urlsplit(target)[:2] == urlsplit(url)[:2]
    except ValueError:  # Not an address at all.
        same_host = False
    if not same_host:
        message = f"redirected to {target[:100]}, not the host asked; if you trust it, say so with --base-url"
        raise FeedError(message, source=url, value=target)
    return str(target)


def _check_status(response: httpx.Response, url: str, now: dt.datetime) -> None:
    status = response.status_code
    answer = f"{status} {response.reason_phrase}".strip()
    if status == 200:
        return
    if status in _WORTH_ANOTHER_TRY:
        raise MayPassError(f"the server answers {answer}", asked_wait(response.headers.get("Retry-After", ""), now))
    if status in _GONE:
        raise MissingError(f"the server has no such file ({answer}); check the symbol", source=url, value=status)
    if status in _NOT_SERVED:
        cure = "check the symbol, or save the file with a browser and read that"
        raise FeedError(f"the server refuses ({answer}); {cure}", source=url, value=status)
    raise FeedError(f"the server answers {answer} where 200 OK is expected; check --base-url", source=url, value=status)


def asked_wait(retry_after: str, now: dt.datetime) -> float | None:
    """Return how many seconds a Retry-After header asks to wait, given as seconds or as a date; None if it doesn't."""
    if retry_after.strip().isdecimal():
        return min(float(retry_after), _YEAR)
    try:
        until = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max((until - now).total_seconds(), 0.0)
