"""Requests that must not reach the site, and what every answer carries."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote

import pytest
from guarded import HOST, TOKEN, ask, broken, is_guarded, site
from hypothesis import example, given
from hypothesis import strategies as st

from gex.cli.serve.security import DEFAULTS, HEADERS, Guard, hosts_of
from gex.cli.serve.tokens import Lock


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
