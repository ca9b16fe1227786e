"""Requests that must not reach the site, and what every answer carries: in process, byte by byte as a server hands them on."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gex.cli.serve.security import DEFAULTS, HEADERS, Guard, hosts_of
from gex.cli.serve.tokens import Lock, token_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = "127.0.0.1:8439"
TOKEN = "correct-horse-battery-staple"  # noqa: S105 (of these tests)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2
        return found[0] if found else None


async def site(scope: Any, _receive: Any, send: Any) -> None:
    """Answers with the path it was asked for, with headers of its own."""
    headers = [(b"content-type", b"text/plain"), (b"X-Frame-Options", b"ALLOWALL")]
    if scope["path"] == "/kept":
        headers.append((b"Cache-Control", b"private, max-age=60"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/cut":
        raise RuntimeError("in the middle")
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def broken(*_: Any) -> None:
    raise ValueError("of no one's business: /home/someone")


def ask(
    target: str | bytes = "/",
    method: str = "GET",
    *,
    version: str = "1.1",
    app: Any = site,
    lock: Lock | None = None,
    hosts: frozenset[str] | None = None,
    server: tuple[str, int] = ("127.0.0.1", 8439),
    host: str | None = HOST,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    raw, _, query = (target.encode() if isinstance(target, str) else target).partition(b"?")
    given = [("host", host)] if host is not None else []
    scope = {
        "type": "http",
        "http_version": version,
        "method": method,
        "path": unquote(raw.decode("latin-1")),
        "raw_path": raw,
        "query_string": query,
        "server": server,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (*given, *headers)],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Guard(app, hosts_of(8439) if hosts is None else hosts, lock)
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]
    first, *rest = sent
    pairs = [(name.decode(), value.decode("latin-1")) for name, value in first["headers"]]
    return Answer(first["status"], pairs, b"".join(each["body"] for each in rest))


def is_guarded(answer: Answer) -> bool:
    return all(answer[name] == value for name, value in HEADERS.items())


def test_what_is_sound_passes_with_the_headers_of_all() -> None:
    answer = ask("/s/SPX/2025-09-05T1016?fragment=1")
    assert (answer.status, answer.body) == (200, b"/s/SPX/2025-09-05T1016")
    assert is_guarded(answer)
    assert answer["cache-control"] == DEFAULTS["cache-control"]
    assert ask("/kept")["cache-control"] == "private, max-age=60"


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    rules = dict(rule.split(" ", 1) for rule in HEADERS["content-security-policy"].split("; "))
    assert rules.pop("default-src") == "'none'"
    assert set(rules.values()) == {"'self'", "'none'"}
    assert {"script-src", "style-src", "connect-src", "img-src"} <= set(rules)
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"target": "/" + "x" * 5000}, 414),
        ({"headers": (("x-long", "x" * 20_000),)}, 431),
        ({"headers": tuple((f"x-{n}", "1") for n in range(100))}, 431),
        ({"version": "2.0"}, 505),
        ({"method": "POST"}, 405),
        ({"method": "TRACE"}, 405),
        ({"headers": (("content-length", "7"),)}, 413),
        ({"headers": (("transfer-encoding", "chunked"),)}, 413),
        ({"headers": (("transfer-encoding", "chunked"), ("content-length", "7"))}, 400),
        ({"target": "/../etc/passwd"}, 404),
        ({"host": "evil.example"}, 421),
        ({"headers": (("sec-fetch-site", "cross-site"),)}, 403),
        ({"lock": Lock(TOKEN)}, 401),
        ({"app": broken}, 500),
    ],
)
def test_each_refusal_is_a_problem_with_the_headers_of_all(request_: dict[str, Any], status: int) -> None:
    answer = ask(**request_)
    assert (answer.status, answer["content-type"]) == (status, "application/problem+json")
    assert json.loads(answer.body)["status"] == status
    assert is_guarded(answer)
    assert answer["cache-control"] == "no-store"
    assert answer["content-length"] == str(len(answer.body))
    assert ask(**({"method": "HEAD"} | request_)).body == (answer.body if "method" in request_ else b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "FOO", "get", ""])
def test_nothing_but_reading(method: str) -> None:
    answer = ask(method=method)
    assert (answer.status, answer["allow"], answer["connection"]) == (405, "GET, HEAD", "close")


def test_an_empty_body_is_none() -> None:
    assert ask(headers=(("content-length", "0"),)).status == 200
    assert ask(headers=(("content-length", "000"),)).status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/../secret",
        "/s/../../etc/passwd",
        "/s/..",
        "/s/.",
        "/./s",
        "/%2e%2e/secret",
        "/%2E%2e%2fsecret",
        "/s/%2e%2e",
        "/s/%2e",
        "/s/%2f",
        "/s%2Fx",
        "/s/SPX%00",
        "/s/SPX%0d%0aset-cookie:a=b",
        "/s/SPX%7f",
        "/s/..%5c..%5csecret",
        "/s\\..\\secret",
        "/%252e%252e/secret",
        "/%25%32%65",
        "//evil.example/",
        "/s//x",
        "/s/%ff",
        "/s/%c0%ae%c0%ae/",
        "/s/%",
        "/s/%zz",
        "http://evil.example/",
        "http://127.0.0.1:8439/",
        "*",
        "evil.example:443",
        "",
        "s/SPX",
    ],
)
def test_a_path_that_reads_in_two_ways_is_refused(target: str) -> None:
    answer = ask(target)
    assert (answer.status, answer["connection"]) == (404 if target[:1] == "/" else 400, "close")


@pytest.mark.parametrize("target", ["/", "/s/BRK.B", "/s/..x/...", "/s/%53PX", "/caf%C3%A9", "/a~b/c,d;e@f:g"])
def test_a_plain_path_passes(target: str) -> None:
    assert ask(target).status == 200


@given(st.text(alphabet="/.%25e0cfCF\\ab", max_size=12))
@example("/..%2f")
def test_no_path_that_passes_goes_up_however_often_it_is_decoded(tail: str) -> None:
    answer = ask("/" + tail)
    if answer.status == 200:
        path = answer.body.decode()
        assert unquote(path) == path
        assert not {"", ".", ".."} & set(path.strip("/").split("/")) or path == "/"
        assert "\\" not in path


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:8439",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1.evil.example:8439",
        "localhost:8439.evil.example",
        "localhost:8439@evil.example",
        "localhost.:8439",
        "127.1:8439",
        "0x7f000001:8439",
        "2130706433:8439",
        "0.0.0.0:8439",
        "[::ffff:127.0.0.1]:8439",
        " 127.0.0.1:8439",
        "127.0.0.1:8439, evil.example",
    ],
)
def test_a_foreign_host_is_refused(host: str | None) -> None:
    assert ask(host=host).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8439", "localhost:8439", "LocalHost:8439", "[::1]:8439"])
def test_the_names_of_this_machine_are_known(host: str) -> None:
    assert ask(host=host).status == 200


def test_two_hosts_are_none() -> None:
    assert ask(headers=(("host", HOST),)).status == 421


def test_the_address_a_request_came_to_is_known_by_its_number_alone() -> None:
    assert ask(server=("192.0.2.7", 8439), host="192.0.2.7:8439").status == 200
    assert ask(server=("2001:db8::7", 8439), host="[2001:db8::7]:8439").status == 200
    assert ask(server=("192.0.2.7", 8439), host="192.0.2.8:8439").status == 421
    assert ask(server=("evil.example", 8439), host="evil.example:8439").status == 421


def test_hosts_that_are_allowed() -> None:
    hosts = hosts_of(8439, "Desk.Example", "proxy.example:444", "[2001:db8::1]")
    more = {"desk.example", "desk.example:8439", "proxy.example:444", "[2001:db8::1]", "[2001:db8::1]:8439"}
    assert hosts == {"127.0.0.1:8439", "localhost:8439", "[::1]:8439"} | more
    assert {"localhost", "[::1]", "localhost:80"} <= hosts_of(80)


@pytest.mark.parametrize("name", ["", "*", "a b", "http://desk", "desk:", "desk:http", "desk/x", "::1", "a\r\nb"])
def test_a_name_that_is_none_is_no_host(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a host"):
        hosts_of(8439, name)


LINK = (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((("sec-fetch-site", "same-origin"),), 200),
        ((("sec-fetch-site", "none"),), 200),
        ((("sec-fetch-site", "cross-site"),), 403),
        # Another server of this machine is of the same site.
        ((("sec-fetch-site", "same-site"),), 403),
        ((("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")), 403),
        ((("sec-fetch-site", "unheard-of"),), 403),
        ((("sec-fetch-site", "cross-site"), *LINK), 200),
        ((("sec-fetch-site", "cross-site"), LINK[0], ("sec-fetch-dest", "iframe")), 403),
        ((("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")), 403),
        ((("origin", f"http://{HOST}"),), 200),
        ((("origin", "http://localhost:8439"),), 200),
        ((("origin", "http://localhost:3000"),), 403),
        ((("origin", "https://evil.example"),), 403),
        ((("origin", "null"),), 403),
        ((("origin", f"http://{HOST}"), ("origin", "null")), 403),
        ((("origin", f"ftp://{HOST}"),), 403),
    ],
)
def test_pages_of_other_sites_are_refused(headers: tuple[tuple[str, str], ...], status: int) -> None:
    assert ask(headers=headers).status == status


def test_a_token_by_header() -> None:
    lock = Lock(TOKEN)
    assert ask(lock=lock, headers=(("authorization", f"Bearer {TOKEN}"),)).status == 200
    assert ask(lock=lock, headers=(("authorization", f"bearer  {TOKEN}"),)).status == 200
    for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer ", f"Basic {TOKEN}", "Bearer caf\xe9"):
        answer = ask(lock=lock, headers=(("authorization", wrong),))
        assert (answer.status, answer["www-authenticate"]) == (401, 'Bearer realm="gex"')
        assert TOKEN.encode() not in answer.body


def test_a_token_by_address_becomes_a_cookie() -> None:
    lock = Lock(TOKEN)
    answer = ask(f"/s/SPX?a=1&token={TOKEN}&b=%26", lock=lock)
    assert (answer.status, answer["location"]) == (303, "/s/SPX?a=1&b=%26")
    cookie, *traits = (answer["set-cookie"] or "").split("; ")
    assert set(traits) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert TOKEN not in cookie
    assert is_guarded(answer)
    assert ask("/s/SPX", lock=lock, headers=(("cookie", f"other=1; {cookie}"),)).status == 200
    assert ask("/s/SPX", lock=Lock(TOKEN + "x"), headers=(("cookie", cookie),)).status == 401
    assert ask("/s/SPX", lock=lock, headers=(("cookie", cookie[:-1]),)).status == 401
    assert ask("/s/SPX", lock=lock, headers=(("cookie", f"gex-8439={TOKEN}"),)).status == 401
    assert ask(f"/?token={TOKEN}", lock=lock)["location"] == "/"


def test_a_wrong_token_in_the_address_is_none() -> None:
    for query in ("token=", "token=x", f"Token={TOKEN}", f"token={TOKEN}x", "token=%ff", "token"):
        assert ask(f"/?{query}", lock=Lock(TOKEN)).status == 401


def test_a_browser_without_a_token_gets_a_form_to_give_it() -> None:
    answer = ask(lock=Lock(TOKEN), headers=(("accept", "text/html,*/*"),))
    assert (answer.status, answer["content-type"]) == (401, "text/html; charset=utf-8")
    assert b'name="token"' in answer.body
    assert is_guarded(answer)


def test_the_lock_stands_behind_the_other_checks() -> None:
    """A foreign page with the right token gets no cookie."""
    answer = ask(f"/?token={TOKEN}", lock=Lock(TOKEN), host="evil.example:8439")
    assert (answer.status, answer["set-cookie"]) == (421, None)


def test_nothing_of_a_fault_is_told_but_to_the_log() -> None:
    answer = ask(app=broken)
    assert answer.status == 500
    assert b"someone" not in answer.body
    with pytest.raises(RuntimeError, match="in the middle"):
        ask("/cut")


def test_nothing_of_a_request_is_repeated_as_it_came() -> None:
    for target in ("/<script>", "/%00<script>", "/x?<script>"):
        for headers in ((), (("origin", "<script>"),)):
            assert b"<script>" not in ask(target, app=broken, headers=headers).body
    assert b"evil" not in ask(host="evil.example").body


def test_sockets_of_another_kind_are_none() -> None:
    with pytest.raises(RuntimeError, match="no websocket here"):
        asyncio.run(Guard(site, frozenset())({"type": "websocket"}, None, None))  # type: ignore[arg-type]


def test_a_token_is_made_up_anew() -> None:
    assert len({token_of("auto") for _ in range(8)}) == 8
    assert len(token_of("auto")) >= 43


def test_a_token_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    assert token_of("env:MY_TOKEN") == TOKEN
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    assert token_of(str(file)) == TOKEN


@pytest.mark.skipif(os.name == "nt", reason="files have no such permissions there")
def test_a_file_that_others_can_read_is_worth_a_warning(tmp_path: Path, gex_log: Callable[[], str]) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    token_of(str(file))
    assert "chmod 600" in gex_log()
    assert TOKEN not in gex_log()


@pytest.fixture(name="gex_log")
def _gex_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    from gex.cli.log import LOGGER

    monkeypatch.setattr(LOGGER, "propagate", True)
    return lambda: caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"short", b"fifteen-letters", b"x" * 600, b"two words are none", b"\xff" * 20]
)
def test_a_file_without_a_token_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ValueError, match="no token") as error:
        token_of(str(file))
    assert not content or content.decode("latin-1") not in str(error.value)


def test_what_is_given_in_place_of_a_token_is_not_repeated(tmp_path: Path) -> None:
    for where in (TOKEN, str(tmp_path), str(tmp_path / "none"), f"env:{TOKEN}"):
        with pytest.raises(ValueError, match="token") as error:
            token_of(where)
        assert where.removeprefix("env:") not in str(error.value)
