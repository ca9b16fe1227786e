"""Whom a site opens to that asks for a token, and where its token comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from guarded import TOKEN, ask, is_guarded

from gex.cli.serve.tokens import Lock, token_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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

    monkeypatch.setattr(LOGGER, "handlers", [])
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
