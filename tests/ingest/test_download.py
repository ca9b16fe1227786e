"""Requests against a server on this machine that fails in every way a server can."""

import datetime as dt
import gzip
import itertools
import json
import os
import socketserver
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gex.ingest.download import Downloader, Limits, Version
from gex.ingest.errors import FeedError, FormatError, MissingError, UnreadableError
from gex.ingest.reply import Expected, asked_wait

NOW = dt.datetime(2026, 3, 10, 14, 15, 0, tzinfo=dt.UTC)
BODY = b'{"data": {"options": []}}'
PATH = "/quotes.json"


def check(content):
    if not content.startswith(b"{"):
        raise FormatError("no object")
    try:
        json.loads(content)
    except ValueError:
        raise UnreadableError("cut off") from None


WANTED = Expected("quotes (JSON)", frozenset({"application/json"}), check)


class Timeless:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)

    def __call__(self):
        return sum(self.slept)


@pytest.fixture(name="time")
def _time():
    return Timeless()


@pytest.fixture(name="told")
def _told():
    return []


@pytest.fixture(name="downloader")
def _downloader(time, told):
    with Downloader(Limits(), tell=told.append, sleep=time.sleep, clock=time, now=lambda: NOW) as downloader:
        yield downloader


def test_a_whole_reply_comes_as_sent(server, answer, downloader):
    url = server.give(PATH, answer(BODY, headers={"ETag": '"a1"', "Last-Modified": "Tue, 10 Mar 2026 14:14:00 GMT"}))
    reply = downloader.get(url, WANTED)
    assert (reply.content, reply.received_at, reply.unchanged) == (BODY, NOW, False)
    assert reply.version == Version('"a1"', "Tue, 10 Mar 2026 14:14:00 GMT")
    (_, headers), *others = server.asked
    assert headers["User-Agent"].startswith("gexlab/")
    assert "If-None-Match" not in headers
    assert not others


def test_compression_is_undone(server, answer, downloader):
    url = server.give(PATH, answer(gzip.compress(BODY), headers={"Content-Encoding": "gzip"}))
    assert downloader.get(url, WANTED).content == BODY


def test_an_unchanged_file_is_not_sent_again(server, answer, downloader):
    known = Version('"a1"', "Tue, 10 Mar 2026 14:14:00 GMT")
    reply = downloader.get(server.give(PATH, answer(status=304)), WANTED, known)
    assert (reply.unchanged, reply.content, reply.version) == (True, b"", known)
    headers = server.asked[0][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == (known.etag, known.last_modified)


def test_a_version_that_no_header_can_hold_is_not_sent(server, answer, downloader):
    server.give(PATH, answer(BODY))
    downloader.get(server.url + PATH, WANTED, Version('"\xe9"', "Tue,\n10 Mar"))
    assert {"If-None-Match", "If-Modified-Since"} & set(server.asked[0][1]) == set()


def test_not_modified_unasked_is_an_error(server, answer, downloader):
    with pytest.raises(FeedError, match="answers 304"):
        downloader.get(server.give(PATH, answer(status=304)), WANTED)


@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_file_is_missing_at_once(server, answer, downloader, status):
    with pytest.raises(MissingError, match=f"no such file \\({status} .*check the symbol") as caught:
        downloader.get(server.give(PATH, answer(status=status)), WANTED)
    assert (len(server.asked), caught.value.value) == (1, status)


@pytest.mark.parametrize(
    ("status", "match"), [(403, "refuses .403 Forbidden.*browser"), (400, "400 Bad"), (204, "204")]
)
def test_a_refusal_is_not_asked_again(server, answer, downloader, status, match):
    with pytest.raises(FeedError, match=match):
        downloader.get(server.give(PATH, answer(status=status)), WANTED)
    assert len(server.asked) == 1


def test_a_failing_server_is_asked_again_ever_later(server, answer, downloader, time, told):
    url = server.give(PATH, answer(status=500), answer(status=503), answer(status=502), answer(BODY))
    assert downloader.get(url, WANTED).content == BODY
    assert time.slept == [2.0, 4.0, 8.0]
    assert [line.removeprefix(url) for line in told] == [
        ": the server answers 500 Internal Server Error; next try in 2 s",
        ": the server answers 503 Service Unavailable; next try in 4 s",
        ": the server answers 502 Bad Gateway; next try in 8 s",
    ]


def test_a_server_that_keeps_failing_is_given_up(server, answer, downloader):
    with pytest.raises(FeedError, match="answers 500 Internal Server Error; tried 4 times, try again later"):
        downloader.get(server.give(PATH, answer(status=500)), WANTED)
    assert len(server.asked) == 4


def test_a_short_wait_is_no_shorter_than_the_pause(server, answer, downloader, time):
    url = server.give(PATH, answer(status=429, headers={"Retry-After": "0"}), answer(BODY))
    assert downloader.get(url, WANTED).content == BODY
    assert time.slept == [2.0]


@pytest.mark.parametrize("after", ["7", "Tue, 10 Mar 2026 14:15:07 GMT"])
def test_retry_after_is_heeded(server, answer, downloader, time, after):
    url = server.give(PATH, answer(status=429, headers={"Retry-After": after}), answer(BODY))
    assert downloader.get(url, WANTED).content == BODY
    assert time.slept == [7.0]


def test_a_server_that_asks_for_an_hour_is_left_alone(server, answer, downloader, time):
    url = server.give(PATH, answer(status=429, headers={"Retry-After": "3600"}), answer(BODY))
    with pytest.raises(FeedError, match="left alone until 2026-03-10 15:15 UTC; try again then"):
        downloader.get(url, WANTED)
    assert (time.slept, len(server.asked)) == ([], 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("9" * 40, 31_536_000.0), ("", None), ("soon", None), ("-5", None), ("1e3", None),
        ("Tue, 10 Mar 2026 14:16:00 GMT", 60.0), ("Tue, 10 Mar 2026 10:16:00 -0400", 60.0),
        ("Mon, 09 Mar 2026 14:16:00 GMT", 0.0), ("Tue, 10 Mar 2026 99:16:00 GMT", None),
    ],
)  # fmt: skip
def test_a_wait_is_read_as_seconds_or_as_a_date(text, seconds):
    assert asked_wait(text, NOW) == seconds


def test_waits_of_its_own_are_bounded(server, answer, time):
    url = server.give(PATH, *[answer(status=500)] * 4, answer(BODY))
    with Downloader(Limits(pause=50.0, retries=4), sleep=time.sleep, clock=time) as downloader:
        assert downloader.get(url, WANTED).content == BODY
    assert time.slept == [50.0, 100.0, 120.0, 120.0]


def test_one_request_follows_another_after_a_pause(server, answer, downloader, time):
    url = server.give(PATH, answer(BODY))
    for _ in range(3):
        downloader.get(url, WANTED)
    assert time.slept == [2.0, 2.0]


@pytest.mark.parametrize(("ago", "slept"), [(0.5, [1.5]), (5.0, []), (-60.0, [2.0]), (None, [])])
def test_a_pause_holds_from_one_run_to_the_next(server, answer, time, tmp_path, ago, slept):
    turn = tmp_path / "state" / "last"
    if ago is not None:
        turn.parent.mkdir()
        turn.touch()
        os.utime(turn, (NOW.timestamp() - ago,) * 2)
    with Downloader(sleep=time.sleep, clock=time, now=lambda: NOW, turn=turn) as downloader:
        downloader.get(server.give(PATH, answer(BODY)), WANTED)
    assert time.slept == slept
    assert turn.stat().st_mtime == NOW.timestamp()


def test_a_turn_that_cannot_be_remembered_stops_nothing(server, answer, time, tmp_path):
    (tmp_path / "state").touch()
    with Downloader(sleep=time.sleep, clock=time, turn=tmp_path / "state" / "last") as downloader:
        assert downloader.get(server.give(PATH, answer(BODY)), WANTED).content == BODY


def test_a_reply_cut_off_is_asked_for_again(server, answer, downloader, told):
    cut = answer(BODY[:9], announced=len(BODY), headers={"Connection": "close"})
    assert downloader.get(server.give(PATH, cut, answer(BODY)), WANTED).content == BODY
    assert "the reply is cut off" in told[0]


def test_a_cut_that_the_head_hides_shows_in_the_content(server, answer, downloader):
    with pytest.raises(FeedError, match=r"no whole quotes \(JSON\) \(cut off\); tried 4 times"):
        downloader.get(server.give(PATH, answer(BODY[:9])), WANTED)


def test_damaged_compression_is_asked_for_again(server, answer, downloader, told):
    bad = answer(b"\x1f\x8bnot gzip at all", headers={"Content-Encoding": "gzip"})
    assert downloader.get(server.give(PATH, bad, answer(BODY)), WANTED).content == BODY
    assert "compression is damaged" in told[0]


def test_another_type_is_refused_unread(server, answer, downloader):
    page = answer(b"<html>", type="text/html; charset=utf-8")
    with pytest.raises(FeedError, match=r"expected quotes \(JSON\), got text/html, a web page; check --base-url"):
        downloader.get(server.give(PATH, page), WANTED)
    with pytest.raises(FeedError, match="got image/png; check"):
        downloader.get(server.give(PATH, answer(b"", type="image/png")), WANTED)


def test_another_content_under_the_right_type_is_refused(server, answer, downloader):
    with pytest.raises(FeedError, match=r"got something else \(no object\)"):
        downloader.get(server.give(PATH, answer(b"[1]")), WANTED)
    assert len(server.asked) == 1


def test_no_type_leaves_it_to_the_content(server, answer, downloader):
    assert downloader.get(server.give(PATH, answer(BODY, type=None)), WANTED).content == BODY


@pytest.mark.parametrize("hidden", [False, True], ids=["announced", "compressed"])
def test_too_large_a_reply_is_refused(server, answer, time, hidden):
    body = b" " * 100_000
    packed = answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    url = server.give(PATH, packed if hidden else answer(body))
    with (
        Downloader(Limits(max_bytes=50_000), sleep=time.sleep, clock=time) as downloader,
        pytest.raises(FeedError, match="larger than 50,000 bytes"),
    ):
        downloader.get(url, WANTED)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_move_within_the_host_is_followed(server, answer, downloader, status):
    server.give("/new.json", answer(BODY))
    url = server.give(PATH, answer(status=status, headers={"Location": "/new.json"}))
    assert downloader.get(url, WANTED).content == BODY


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/q.json",
        "//example.org/q.json",
        "http://127.0.0.1:1/q.json",
        "file:///etc/hosts",
        "http://[x/",
    ],
)
def test_a_move_elsewhere_is_refused(server, answer, downloader, target):
    url = server.give(PATH, answer(status=302, headers={"Location": target}))
    with pytest.raises(FeedError, match=r"redirected to .*, not the host asked"):
        downloader.get(url, WANTED)
    assert len(server.asked) == 1


def test_moves_in_a_circle_end(server, answer, downloader):
    url = server.give(PATH, answer(status=302, headers={"Location": PATH}))
    with pytest.raises(FeedError, match="redirected more than 3 times"):
        downloader.get(url, WANTED)
    assert len(server.asked) == 4


def test_a_silent_server_is_given_up(server, answer):
    url = server.give(PATH, answer(BODY, pauses=(5.0,)))
    with Downloader(Limits(timeout=1.2, retries=0)) as downloader, pytest.raises(FeedError, match="no answer in time"):
        downloader.get(url, WANTED)


def test_a_reply_that_drips_is_given_up(server, answer):
    """No pause of it is long enough to be silence: only the time for the whole ends it, here counted in looks."""
    looks = itertools.count(step=8.0)
    url = server.give(PATH, answer(BODY, pauses=(0.01,)))
    with (
        Downloader(Limits(timeout=30.0, retries=0), clock=lambda: next(looks)) as downloader,
        pytest.raises(FeedError, match="not complete after 30 s"),
    ):
        downloader.get(url, WANTED)


def test_nobody_there(downloader, server):
    server.server_close()
    with pytest.raises(FeedError, match=r"no connection \(.*\); tried 4 times"):
        downloader.get(server.url + PATH, WANTED)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nonsense", "http://[::1", ""])
def test_what_is_no_address(downloader, url):
    with pytest.raises(FeedError, match="no address of a server"):
        downloader.get(url, WANTED)


@pytest.fixture(name="babbler", scope="module")
def _babbler():
    """Run a server that sends the bytes it is given, whatever they are, and hangs up."""

    class Babbler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65_536)
            self.request.sendall(server.says)

    with socketserver.TCPServer(("127.0.0.1", 0), Babbler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


GOOD = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: "a"\r\nRetry-After: 1\r\nContent-Length: %d\r\n\r\n'
    % len(BODY)
) + BODY
SPOILT = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 12), st.binary(max_size=12)).map(
    lambda cut: GOOD[: cut[0]] + cut[2] + GOOD[cut[0] + cut[1] :]
)


@given(SPOILT | st.integers(0, len(GOOD)).map(lambda length: GOOD[:length]) | st.binary(max_size=200))
@example(GOOD.replace(b"200 OK", b"302 Found\r\nLocation: http://[::1"))
@example(GOOD.replace(b"200 OK", b"429 Too Many").replace(b"Retry-After: 1", b"Retry-After: " + b"9" * 400))
@example(GOOD.replace(b"%d" % len(BODY), b"9" * 400))
def test_whatever_a_server_says_is_the_whole_file_or_an_error(babbler, says):
    babbler.says = says
    url = f"http://127.0.0.1:{babbler.server_address[1]}/"
    with Downloader(Limits(timeout=2.0, retries=0), now=lambda: NOW) as downloader:
        try:
            content = downloader.get(url, WANTED).content
        except (FeedError, MissingError):
            return
    assert json.loads(content) is not None
    assert content in says
