"""OCC's series search: open interest that completes a chain, and is none by itself."""

from __future__ import annotations

import contextlib
import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest import store
from gex.ingest.blob import blobs
from gex.ingest.errors import ChainError, ContentError, FormatError, UnreadableError
from gex.ingest.intake import take
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers.occ_series import HEADER, open_interest
from gex.ingest.readers.registry import FORMATS
from gex.ingest.readers.text import DAYS

TITLE = (
    "Series Search Results for SPX\r\n\r\nProducts for this underlying symbol are traded on:\r\nCBOE \r\n\r\n"
    "\t\tSeries/contract\t\tStrike\t\t\tOpen Interest\r\n"
)
COLUMNS = "\t".join(HEADER) + "\t\r\n"
ROOTS = (("SPXW", "2025\t09\t05"), ("SPX", "2025\t09\t19"), ("SPXW", "2025\t09\t19"))
STRIKES = (90, 95, 100, 105, 110)
NO_DATE = "OCC's series search has no date: its open interest is taken as that of the session before the quotes"


FILLED = ("open_interest", "open_interest_date", "quality")
"""What it may change of a chain that has no open interest."""


def series(root: str, day: str, strike: str, call: object, put: object, sides: str = "C P ") -> str:
    return f"{root:6}\t\t{day}\t{strike}\t{sides}\t{call}\t{put}\t25000000\r\n"


def answer(*lines: str) -> str:
    return TITLE + COLUMNS + "".join(lines)


def every() -> list[str]:
    """Return a line for each strike of the quote table of `conftest`."""
    return [
        series(root, day, f"{strike}\t000", 1000 + 10 * number + place, 5000 + 10 * number + place)
        for number, (root, day) in enumerate(ROOTS)
        for place, strike in enumerate(STRIKES)
    ]


def rows_of(text: str | bytes) -> pl.DataFrame:
    with blobs(io.BytesIO(text if isinstance(text, bytes) else text.encode())) as (blob,):
        return open_interest(blob).rows.sort("root", "expiration", "strike", "option_type")


def without_open_interest(table) -> io.BytesIO:
    """Return the quote table with its own open interest blanked."""
    header, lines = table.lines()[:4], [line.split(",") for line in table.lines()[4:]]
    for cells in lines:
        cells[10] = cells[21] = ""
    return io.BytesIO("\n".join([*header, *map(",".join, lines), ""]).encode())


def occ(*lines: str) -> io.BytesIO:
    return io.BytesIO(answer(*(lines or every())).encode())


def test_exactly_one_format_claims_it():
    for text in (answer(*every()), COLUMNS + every()[0], "\n \n" + answer()):
        assert [each.name for each in FORMATS if each.sniff(text.encode())] == ["occ_series"]


def test_what_each_cell_becomes():
    rows = rows_of(
        answer(
            series("WDC", "2026\t10\t02", "250\t000", 3, 113),
            series("WDC", "2026\t10\t09", "574\t700", 0, 53, "  P "),
            series("WDC1", "2026\t1\t6", "0\t500", 7, 0, "C   "),
            series("2SPX", "2026\t10\t16", "6525\t333", 1, 2, "C P"),
        )
    )
    found = [(root, day.isoformat(), *rest) for root, day, *rest in rows.iter_rows()]
    assert found == [
        ("2SPX", "2026-10-16", 6525.333, "C", 1),
        ("2SPX", "2026-10-16", 6525.333, "P", 2),
        ("WDC", "2026-10-02", 250.0, "C", 3),
        ("WDC", "2026-10-02", 250.0, "P", 113),
        ("WDC", "2026-10-09", 574.7, "P", 53),
        ("WDC1", "2026-01-06", 0.5, "C", 7),
    ]


def test_it_gives_a_chain_the_open_interest_it_lacks(table, accounted):
    bare = read_chain(without_open_interest(table))
    assert bare.frame["open_interest"].null_count() == 30
    chain = read_chain(without_open_interest(table), beside=[occ()])
    accounted(chain)
    assert chain.frame.drop(*FILLED).equals(bare.frame.drop(*FILLED))
    found = {
        (root, day.day, strike, side): count
        for root, day, strike, side, count in chain.frame.select(
            "root", "expiration", "strike", "option_type", "open_interest"
        ).iter_rows()
    }
    assert found == {
        (root, int(day[-2:]), float(strike), side): 1000 * (1 if side == "C" else 5) + 10 * number + place
        for number, (root, day) in enumerate(ROOTS)
        for place, strike in enumerate(STRIKES)
        for side in "CP"
    }
    assert chain.quality.notes[0] == "open interest of 30 of 30 rows is that of OCC's series search"
    assert chain.quality.notes[1] == NO_DATE
    assert chain.quality.notes[2].startswith("completed by <file> (sha256 ")
    assert "no open interest" in " ".join(bare.quality.notes)
    assert "no open interest" not in " ".join(chain.quality.notes)
    assert "no_open_interest" not in chain.quality.warnings


def test_it_replaces_the_chains_own_and_says_so(table):
    """Contracts it does not have keep theirs; its others are counted."""
    own = read_chain(io.BytesIO(table.text().encode()))
    lines = [
        series("SPXW", "2025\t09\t05", "90\t000", 100, 777),  # the call's is the same
        series("SPXW", "2025\t09\t05", "91\t000", 5, 0),  # not in the chain; the put has none
        series("4SPX", "2025\t09\t05", "90\t000", 5, 6),
    ]
    chain = read_chain(io.BytesIO(table.text().encode()), beside=[occ(*lines)])
    changed = chain.frame.filter(chain.frame["open_interest"] != own.frame["open_interest"])
    assert changed.select("root", "strike", "option_type", "open_interest").rows() == [("SPXW", 90.0, "P", 777)]
    assert chain.quality.notes[:4] == (
        "open interest of 2 of 30 rows is that of OCC's series search",
        "1 of them replace another figure of the chain's own",
        "28 rows that OCC's series search does not have keep the chain's own",
        "3 contracts of OCC's series search with open interest are not in the chain",
    )


def test_two_figures_of_one_contract_are_neither_used(table):
    lines = [*every(), every()[0], series("SPXW", "2025\t09\t05", "95\t000", 1, 5001)]
    chain = read_chain(without_open_interest(table), beside=[occ(*lines)])
    assert chain.frame.filter(pl.col("open_interest").is_null()).select("root", "strike", "option_type").rows() == [
        ("SPXW", 95.0, "C")
    ]
    assert "1 contracts have two figures in OCC's series search, neither of which is used" in chain.quality.notes


def test_several_files_are_one(table):
    halves = [occ(*every()[:7]), occ(*every()[7:])]
    chain = read_chain(without_open_interest(table), beside=halves)
    assert chain.frame["open_interest"].null_count() == 0
    assert chain.quality.notes[0] == "open interest of 30 of 30 rows is that of OCC's series search"
    assert len([note for note in chain.quality.notes if note.startswith("completed by")]) == 2


def test_beside_a_table_and_a_stored_snapshot(table, tmp_path):
    own = read_chain(io.BytesIO(table.text().encode()))
    path = store.save(own, tmp_path / "store")
    for source in (own.frame, path):
        chain = read_chain(source, beside=[occ()])
        assert chain.frame["open_interest"].sum() == sum(
            1000 * thousand + 10 * number + place for number in range(3) for place in range(5) for thousand in (1, 5)
        )
        assert "30 of them replace another figure of the chain's own" in chain.quality.notes
        assert chain.quote_time == own.quote_time
    assert read_chain(path).frame.equals(own.frame)


def test_stored_and_read_again(table, tmp_path):
    chain = read_chain(without_open_interest(table), beside=[occ()])
    again = read_chain(store.save(chain, tmp_path))
    assert again.frame.equals(chain.frame)
    assert again.quality == chain.quality


def test_ingested_without_it_and_then_with_it(table, save, tmp_path):
    """The second is a revision of the first, also where the first is known by its bytes."""
    quotes, beside = save(table.text(), "quotes.csv"), save(answer(*every()), "occ.txt")
    taken = [take(str(quotes), tmp_path / "store", keywords) for keywords in ({}, {"beside": [str(beside)]}) * 2]
    assert [each.status for each in taken] == ["stored", "stored", "known", "known"]
    assert [each.snapshots[0]["revision"] for each in taken] == [1, 2, 1, 2]
    last = read_chain(tmp_path / "store" / taken[1].snapshots[0]["file"])
    assert last.frame.equals(read_chain(quotes, beside=[beside]).frame)


def test_in_one_zip_file_with_a_chain(table):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("occ.txt", answer(*every()))
        archive.writestr("quotes.csv", without_open_interest(table).read())
    chains = list(read_chains(io.BytesIO(buffer.getvalue())))
    assert [(each.source.format, each.frame["open_interest"].null_count()) for each in chains] == [("cboe_csv", 0)]
    assert chains[0].source.path == "<file>:quotes.csv"


def test_of_several_chains_those_of_others_keep_their_own():
    """A source may hold several underlyings; the file is on one."""
    shape = Path(__file__).parent / "shapes" / "orats-data_api.csv"
    chains = list(read_chains(shape, beside=[occ()]))
    assert [each.frame["open_interest"].to_list() for each in chains] == [
        each.frame["open_interest"].to_list() for each in read_chains(shape)
    ]
    assert all(any("no contract of OCC's series search is in this chain" in n for n in c.quality.notes) for c in chains)


def test_a_chain_with_none_of_its_contracts_is_refused(table):
    with pytest.raises(ContentError, match=r"no contract of OCC's series search \(<file>\) is in this chain"):
        read_chain(io.BytesIO(table.text().encode()), beside=[occ(series("QQQ", "2025\t09\t05", "90\t000", 1, 2))])


@pytest.mark.parametrize("beside", [[], ["chain"]])
def test_alone_it_is_no_chain(save, table, beside):
    path, chain = save(answer(*every()), "occ.txt"), save(table.text(), "chain")
    with pytest.raises(ContentError, match="open interest alone and is no chain; name a chain first and this file by"):
        read_chain(path, beside=[chain for _ in beside])


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (TITLE, FormatError, "nearly OCC's series search, but it has no line with ProductSymbol"),
        (answer(), UnreadableError, "the file ends after its header"),
        (answer("\r\n", "\t\t\r\n"), UnreadableError, "the file ends after its header"),
        (
            answer("WDC   \t2026\t10\t02\t250\t000\tC P \t3\t113\t25\r\n"),
            ContentError,
            "none of its 1 lines is a series",
        ),
        (
            answer(*every()).replace("Integer", "Strike"),
            FormatError,
            "its columns are .*Strike.*; expected ProductSymbol",
        ),
        (answer(*every()).replace("\tPut", ""), FormatError, "nearly OCC's series search, but its columns are"),
        (answer(*every()).replace("Limit\t", "Limit\tVolume"), FormatError, "its columns are .*Volume"),
        (answer(*every()).replace("C/P", "P/C"), FormatError, "its columns are"),
    ],
)
def test_what_is_refused(table, text, error, message):
    with pytest.raises(error, match=message):
        read_chain(io.BytesIO(table.text().encode()), beside=[io.BytesIO(text.encode())])


@pytest.mark.parametrize(
    "bad",
    [
        series("SPXW", "2025\t13\t05", "95\t000", 1, 2),
        series("SPXW", "25\t09\t05", "95\t000", 1, 2),
        series("SPXW", "2025\t02\t30", "95\t000", 1, 2),
        series("SPXW", "2025\t09\t05", "95\t00", 1, 2),
        series("SPXW", "2025\t09\t05", "95\t1000", 1, 2),
        series("SPXW", "2025\t09\t05", "0\t000", 1, 2),
        series("SPXW", "2025\t09\t05", "-95\t000", 1, 2),
        series("SPXW", "2025\t09\t05", "95.0\t000", 1, 2),
        series("SPXW", "2025\t09\t05", "95\t000", -1, 2),
        series("SPXW", "2025\t09\t05", "95\t000", 1, ""),
        series("SPXW", "2025\t09\t05", "95\t000", "1,000", 2),
        series("SPXW", "2025\t09\t05", "95\t000", 10**11, 2),
        series("SPXW", "2025\t09\t05", "95\t000", 1, 2, "    "),
        series("SPXW", "2025\t09\t05", "95\t000", 1, 2, "X"),
        series("", "2025\t09\t05", "95\t000", 1, 2),
        series("spxw", "2025\t09\t05", "95\t000", 1, 2),
        series("SPXW", "2025\t09\t05", "95\t000", 1, 2).replace("25000000", "25000000\t1"),
        series("SPXW", "2025\t09\t05", "95\t000", 1, 2).replace("\t25000000", ""),
        "SPXW\t2025\t09\t05\t95\t000\tC P\t1\t2\t25000000\r\n",
        '"SPXW\t\t2025\t09\t05\t95\t000\tC P\t1\t2\t25000000\r\n',
        "Copyright\r\n",
    ],
)
def test_lines_that_cannot_be_read_are_left_out_and_counted(table, bad):
    lines = every()
    chain = read_chain(without_open_interest(table), beside=[occ(lines[0], bad, *lines[2:])])
    assert chain.frame.filter(pl.col("open_interest").is_null()).select("root", "strike").rows() == [("SPXW", 95.0)] * 2
    note = "1 lines of OCC's series search cannot be read and are left out, the first is line 9"
    assert note in chain.quality.notes


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace("\r\n", "\n").encode(),
        lambda text: text.removesuffix("\r\n").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\t25000000", "\t25000000\t").encode(),
        lambda text: text.replace(TITLE, "").encode(),
        lambda text: text.replace("Limit\t", "Limit").encode(),
        lambda text: gzip.compress(text.encode()),
    ],
)
def test_read_alike(written):
    text = answer(*every())
    assert rows_of(written(text)).equals(rows_of(text))


@given(
    contracts=st.dictionaries(
        st.tuples(
            st.sampled_from(["SPX", "SPXW", "2SPX"]),
            st.dates(*DAYS),
            st.integers(1, 9_999_999_999),
            st.sampled_from("CP"),
        ),
        st.integers(0, 9_999_999_999),
        min_size=1,
    )
)
def test_written_and_read_again(contracts):
    """Each contract on a line of its own: the nearest number to the decimals, as Python reads them."""
    lines = [
        series(root, f"{day.year:04}\t{day.month:02}\t{day.day:02}", f"{mills // 1000}\t{mills % 1000:03}", n, n, side)
        for (root, day, mills, side), n in contracts.items()
    ]
    assert {(root, day, strike, side): n for root, day, strike, side, n in rows_of(answer(*lines)).iter_rows()} == {
        (root, day, float(f"{mills // 1000}.{mills % 1000:03}"), side): n
        for (root, day, mills, side), n in contracts.items()
    }


@given(end=st.integers(0, 2000))
def test_cut_off_anywhere(end):
    text = answer(*every()).encode()
    whole = set(rows_of(text).iter_rows())
    with contextlib.suppress(ChainError):
        assert set(rows_of(text[: end % len(text)]).iter_rows()) <= whole


def test_damaged_bytes_are_an_error_or_a_chain_of_the_same_contracts(table):
    whole, quotes = answer(*every()).encode(), without_open_interest(table).read()
    facts = read_chain(io.BytesIO(quotes)).frame.drop(*FILLED)

    @given(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=8))
    def damaged(changes):
        raw = bytearray(whole)
        for place, byte in changes:
            raw[place] = byte
        with contextlib.suppress(ChainError):
            chain = read_chain(io.BytesIO(quotes), beside=[io.BytesIO(bytes(raw))])
            assert chain.source.format == "cboe_csv"
            assert chain.frame.drop(*FILLED).equals(facts)
            assert (chain.frame["open_interest"].drop_nulls() >= 0).all()

    damaged()
