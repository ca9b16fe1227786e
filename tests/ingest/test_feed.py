"""The feed's files in the store: what is kept, what is asked for again, and what is refused."""

import datetime as dt
import json
import stat

import pytest

from gex.ingest.download import Downloader, Limits
from gex.ingest.errors import FeedError, MissingError, UnreadableError
from gex.ingest.feed import fetch, is_stale, remember, symbol_of, url_of
from gex.ingest.read import read_chain

NOW = dt.datetime(2025, 9, 5, 14, 18, 23, tzinfo=dt.UTC)
SPX = "/delayed_quotes/options/_SPX.json"
VIX = "/us_indices/daily_prices/VIX_History.csv"
HISTORY = b"DATE,OPEN,HIGH,LOW,CLOSE\n09/04/2025,16.1,16.5,15.2,15.3\n"


@pytest.fixture(name="downloader")
def _downloader():
    with Downloader(Limits(retries=0), sleep=lambda _: None, now=lambda: NOW) as downloader:
        yield downloader


@pytest.fixture(name="content")
def _content(quotes, record):
    options = [record(f"SPXW250919{side}00{strike}000") for side in "CP" for strike in (100, 105)]
    return json.dumps(quotes(options)).encode()


def test_a_file_is_kept_as_received(server, answer, downloader, content, tmp_path):
    server.give(SPX, answer(content, headers={"ETag": '"v1"'}))
    arrival = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    assert arrival.raw.read_bytes() == content
    assert arrival.raw.parent == tmp_path / "raw" / "quotes" / "symbol=SPX"
    assert arrival.raw.name == f"SPX-20250905T141823Z-{arrival.sha256[:8]}.json"
    assert (arrival.received_at, arrival.version.etag, arrival.stored) == (NOW, '"v1"', None)
    assert read_chain(arrival.raw).quality.rows_kept == 4


def test_only_what_has_changed_is_sent_again(server, answer, downloader, content, tmp_path):
    server.give(SPX, answer(content, headers={"ETag": '"v1"'}), answer(status=304), answer(content + b"\n"))
    first = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    snapshot = tmp_path / "snapshot"
    snapshot.touch()
    remember(first, snapshot, tmp_path)
    again = fetch("quotes", "^SPX", tmp_path, downloader, server.url)
    assert (again.raw, again.stored, again.received_at) == (first.raw, snapshot, NOW)
    third = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    assert (third.raw != first.raw, third.stored) == (True, None)
    assert [headers.get("If-None-Match") for _, headers in server.asked] == [None, '"v1"', '"v1"']


def test_the_same_bytes_are_unchanged_whatever_the_server_says(server, answer, downloader, content, tmp_path):
    server.give(SPX, answer(content))
    first = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    remember(first, first.raw, tmp_path)
    assert fetch("quotes", "SPX", tmp_path, downloader, server.url).stored == first.raw
    assert len(list(first.raw.parent.glob("SPX-*"))) == 1


@pytest.mark.parametrize("lost", ["snapshot", "raw", "changed raw", "note", "damaged note", "note of another kind"])
def test_what_is_no_longer_here_is_asked_for_whole(server, answer, downloader, content, tmp_path, lost):
    server.give(SPX, answer(content, headers={"ETag": '"v1"'}))
    first = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    snapshot = tmp_path / "snapshot"
    snapshot.touch()
    remember(first, snapshot, tmp_path)
    note = first.raw.parent / "last.json"
    match lost:
        case "snapshot":
            snapshot.unlink()
        case "raw":
            first.raw.unlink()
        case "changed raw":
            first.raw.write_bytes(b"{")
        case "note":
            note.unlink()
        case "damaged note":
            note.write_bytes(note.read_bytes()[:40])
        case _:
            note.write_text("[]")
    again = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    assert (again.stored, again.raw.read_bytes()) == (None, content)
    assert "If-None-Match" not in server.asked[-1][1]


def test_what_could_not_be_used_is_kept_once(server, answer, content, tmp_path):
    server.give(SPX, answer(content))
    for minute in range(3):
        with Downloader(sleep=lambda _: None, now=lambda: NOW + dt.timedelta(minutes=minute)) as downloader:  # noqa: B023
            raw = fetch("quotes", "SPX", tmp_path, downloader, server.url).raw
    assert list(raw.parent.iterdir()) == [raw]
    assert "141823Z" in raw.name


def test_another_address_knows_nothing_of_the_first(server, answer, downloader, content, tmp_path):
    server.give(SPX, answer(content, headers={"ETag": '"v1"'}))
    server.give("/mirror" + SPX, answer(content))
    first = fetch("quotes", "SPX", tmp_path, downloader, server.url)
    remember(first, first.raw, tmp_path)
    assert fetch("quotes", "SPX", tmp_path, downloader, server.url + "/mirror/").stored is None
    assert "If-None-Match" not in server.asked[-1][1]


@pytest.mark.parametrize(
    ("body", "error", "match"),
    [
        (b'{"data": {"options": [{"opt', FeedError, "no whole delayed quotes"),
        (b"", FeedError, "no whole delayed quotes"),
        (b"  <!DOCTYPE html><html>", FeedError, "a web page or XML"),
        (b"[]", FeedError, "expected delayed quotes .JSON., got something else"),
        (b'{"error": "none"}', FeedError, "without `data`"),
    ],
)
def test_nothing_is_kept_of_what_is_no_whole_document(server, answer, downloader, tmp_path, body, error, match):
    server.give(SPX, answer(body))
    with pytest.raises(error, match=match):
        fetch("quotes", "SPX", tmp_path, downloader, server.url)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (HISTORY[:-3], "cut off: the last line has no end"),
        (b"<Error><Code>AccessDenied</Code></Error>", "a web page or XML"),
        (HISTORY.replace(b"CLOSE", b"LAST"), "expected the columns DATE,OPEN,HIGH,LOW,CLOSE or DATE,VIX"),
    ],
)
def test_nothing_is_kept_of_what_is_no_whole_history(server, answer, downloader, tmp_path, body, match):
    server.give(VIX, answer(body, type="text/csv"))
    with pytest.raises(FeedError, match=match):
        fetch("history", "VIX", tmp_path, downloader, server.url)
    assert list(tmp_path.rglob("*")) == []


def test_a_history_is_kept_as_received(server, answer, downloader, tmp_path):
    server.give(VIX, answer(HISTORY, type="text/csv"))
    arrival = fetch("history", "VIX", tmp_path, downloader, server.url)
    assert arrival.raw.read_bytes() == HISTORY
    assert arrival.raw.parent == tmp_path / "raw" / "history" / "symbol=VIX"


def test_an_unknown_symbol_is_missing(server, downloader, tmp_path):
    with pytest.raises(MissingError, match=r"NOSUCH\.json: the server has no such file"):
        fetch("quotes", "NOSUCH", tmp_path, downloader, server.url)


def test_a_store_that_cannot_be_written_is_named(server, answer, downloader, content, tmp_path):
    server.give(SPX, answer(content))
    (tmp_path / "raw").write_text("a file where a folder belongs")
    with pytest.raises(UnreadableError, match="cannot write to the store"):
        fetch("quotes", "SPX", tmp_path, downloader, server.url)


def test_kept_files_can_be_read_by_others(server, answer, downloader, content, tmp_path):
    server.give(SPX, answer(content))
    raw = fetch("quotes", "SPX", tmp_path, downloader, server.url).raw
    assert stat.S_IMODE(raw.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("SPX", "_SPX"), ("spxw", "_SPX"), ("_SPX", "_SPX"), ("^VIX", "_VIX"), ("RUT", "_RUT"), ("QQQ", "QQQ"),
        ("AAPL", "AAPL"), ("BRK.B", "BRK.B"), ("_SPESG", "_SPESG"), ("^SPESG", "_SPESG"),
    ],
)  # fmt: skip
def test_indices_are_marked_by_an_underscore(name, file):
    assert url_of("quotes", name) == f"https://cdn.cboe.com/api/global/delayed_quotes/options/{file}.json"


@pytest.mark.parametrize("name", ["VIX9D", "^VIX9D", "_VIX9D"])
def test_histories_are_not(name):
    assert url_of("history", name, "http://mirror/") == "http://mirror/us_indices/daily_prices/VIX9D_History.csv"


@pytest.mark.parametrize("text", ["", "_", "../etc/passwd", "SPX/..", "A B", "SPX?x=1", "9X", "SP\nX", "ABCDEFGHIJKL"])
def test_what_is_no_symbol_is_refused(text):
    with pytest.raises(ValueError, match="is no symbol"):
        symbol_of(text)


@pytest.mark.parametrize(
    ("received", "stale"),
    [
        ("2025-09-05T14:45+00:00", False),
        ("2025-09-05T14:47+00:00", True),
        ("2025-09-05T22:00+00:00", False),  # After the close nothing moves.
        ("2025-09-06T15:00+00:00", False),  # Nor on a Saturday.
    ],
)
def test_quotes_that_stand_still_while_the_market_is_open_are_stale(content, save, received, stale):
    chain = read_chain(save(content))  # Stamped 14:16 UTC.
    assert is_stale(chain, dt.datetime.fromisoformat(received)) == stale


@pytest.mark.real
def test_real_bytes_come_through(server, answer, downloader, data_path, tmp_path):
    recorded = data_path("chains", "cboe_json", "rut_2023-09-20.json").read_bytes()
    server.give("/delayed_quotes/options/_RUT.json", answer(recorded))
    arrival = fetch("quotes", "RUT", tmp_path, downloader, server.url)
    assert arrival.raw.read_bytes() == recorded
    assert read_chain(arrival.raw).underlying == "RUT"


@pytest.mark.real
def test_real_bytes_cut_off_are_refused(server, answer, downloader, data_path, tmp_path):
    recorded = data_path("chains", "cboe_json", "rut_2023-09-20.json").read_bytes()
    for length in (len(recorded) - 1, len(recorded) // 2):
        server.give("/delayed_quotes/options/_RUT.json", answer(recorded[:length], announced=len(recorded)))
        with pytest.raises(FeedError, match="cut off"):
            fetch("quotes", "RUT", tmp_path, downloader, server.url)
    assert list(tmp_path.rglob("*")) == []
