"""The token of a site that others than this machine can reach: where it comes from, and how a browser keeps it."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from gex.cli.log import LOGGER
from gex.cli.serve.security import RefusedError, values

if TYPE_CHECKING:
    from starlette.types import Scope

AUTO, ENVIRONMENT = "auto", "env:"
SOUND = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")
"""What a header, an address and a cookie can all carry, and nobody guesses."""
FORMS = "auto, env:NAME or a file"


def token_of(where: str) -> str:
    """Return a token: a new one of `auto`, else what the environment or a file holds.

    No message repeats what was given, which may be the token itself, in the wrong place.

    Args:
        where: `auto`, `env:NAME` or a file's path.

    Raises:
        ValueError: There is none, or it is too short or has characters that a header cannot carry.

    """
    if where == AUTO:
        return secrets.token_urlsafe(32)
    if where.startswith(ENVIRONMENT):
        found = os.environ.get(where.removeprefix(ENVIRONMENT), "")
        place = "that variable of the environment"
    else:
        found, place = _in_file(Path(where)), "that file"
    if not SOUND.fullmatch(found):
        raise ValueError(f"{place} holds no token: 16 letters, digits and -._~+/= or more, and nothing else")
    return found


def _in_file(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            others = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
            found = file.read(1024).strip()
    except OSError as error:
        raise ValueError(f"{error.strerror}; it takes {FORMS}, never the token itself") from None
    except UnicodeDecodeError:
        raise ValueError("that file holds no token: it is no plain text") from None
    if others:
        LOGGER.warning("others on this machine can read the file of the token; chmod 600 keeps it")
    return found


class Lock:
    """Opens to those who know a token: by `Authorization: Bearer`, or by `?token=` once and a cookie from then on.

    The cookie is made of the token but is not it: whoever finds it has access, and no token to use elsewhere.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._cookie = hmac.new(self._token, b"gex serve: cookie", "sha256").hexdigest().encode()

    def check(self, scope: Scope) -> None:
        """Let a request pass.

        Raises:
            RefusedError: It has no token (401), or has it in its address: it is sent on without it, with a cookie.

        """
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if any(name == "token" and self._is(self._token, value.encode()) for name, value in query):
            raise self._sent_on(scope, [(name, value) for name, value in query if name != "token"])
        if not self._has_token(scope):
            detail = "Authorization: Bearer TOKEN, or once ?token=TOKEN"
            raise RefusedError(401, detail, www_authenticate='Bearer realm="gex"')

    def _has_token(self, scope: Scope) -> bool:
        bearers = [value[7:].strip() for value in values(scope, b"authorization") if value[:7].lower() == b"bearer "]
        pairs = [pair.strip().partition(b"=") for value in values(scope, b"cookie") for pair in value.split(b";")]
        cookies = [value for name, _, value in pairs if name == _name(scope).encode()]
        return any(
            [self._is(self._token, each) for each in bearers] + [self._is(self._cookie, each) for each in cookies]
        )

    @staticmethod
    def _is(secret: bytes, given: bytes) -> bool:
        return hmac.compare_digest(secret, given)

    def _sent_on(self, scope: Scope, query: list[tuple[str, str]]) -> RefusedError:
        target = scope["raw_path"].decode("ascii") + (f"?{urlencode(query)}" if query else "")
        cookie = f"{_name(scope)}={self._cookie.decode()}; Path=/; HttpOnly; SameSite=Strict"
        return RefusedError(303, "see the same address without the token", location=target, set_cookie=cookie)


def _name(scope: Scope) -> str:
    """Return the cookie's name: cookies know no ports, so that two sites of one machine need two names."""
    return f"gex-{(scope.get('server') or ('', 0))[1]}"
