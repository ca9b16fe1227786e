"""Published levels: read in the one way they can be read, or refused with both readings named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.level_names import named
from gex.published import read_published

MENTHORQ = (
    "$SPX: Call Resistance, 7600, Put Support, 7300, HVL, 7495, 1D Min, 7451.62, 1D Max, 7580.18, "
    "Call Resistance 0DTE, 7550, Put Support 0DTE, 7475, HVL 0DTE, 7530, Gamma Wall 0DTE, 7550, GEX 1, 7500, GEX 10, 7400"
)


def values_of(text: str, spot: float = 6500.0, decimal=None) -> dict[str, float | None]:
    return {level.name: level.value for level in read_published(text, spot, decimal).levels}


def test_the_text_that_menthorq_gives_to_paste() -> None:
    found = read_published(MENTHORQ, 7500.0)
    assert found.symbol == "SPX"
    assert len(found.levels) == 11
    means = {level.name: (level.means.key, level.means.scope, level.value) for level in found.levels}
    assert means["Call Resistance"] == ("menthorq.call_resistance", None, 7600.0)
    assert means["Call Resistance 0DTE"] == ("menthorq.call_resistance", "0dte", 7550.0)
    assert means["1D Min"] == ("menthorq.one_day_min", None, 7451.62)
    assert means["GEX 10"] == ("menthorq.gex_10", None, 7400.0)


@pytest.mark.parametrize(
    "text",
    [
        "Call Wall: 6500\nPut Wall: 6300.5",
        "Call Wall 6500\nPut Wall 6300.5",
        "Call Wall 6500 Put Wall 6300.5",
        "Call Wall, 6500, Put Wall, 6300.5",
        "Call Wall = 6500; Put Wall = 6300.5",
        "6500, Call Wall\n6300.5, Put Wall",
        "Call Wall\n6,500\nPut Wall\n6,300.50",
        "6500\nCall Wall\n6300.5\nPut Wall",
        "# of the morning\nname,value\nCall Wall,6500\nPut Wall,6300.5\n",
        'name;value\n"Call Wall";"6.500"\n"Put Wall";"6.300,5"\n'.replace(";", ","),
        "Call Wall\t6.500\nPut Wall\t6.300,5",
        "\ufeffCall Wall,6,500\nPut Wall,6,300.5",
        '{"Call Wall": 6500, "Put Wall": 6300.5, "by strike": [1, 2]}',
        '[{"name": "Call Wall", "value": 6500}, {"name": "Put Wall", "value": 6300.5}]',
    ],
)
def test_shapes_that_all_say_the_same(text: str) -> None:
    """Thousands are told from decimals by the spot: 6.5 is no level near 6500."""
    assert values_of(text) == {"Call Wall": 6500.0, "Put Wall": 6300.5}


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("Net GEX: 1,234", "Net GEX = 1234", "Net GEX = 1.234"),
        ("Call Wall, 6500, Net GEX, 1.234", "Net GEX = 1.234", "Net GEX = 1234"),
        ("6500 Level 1", "6500 Level = 1", "Level 1 = 6500"),
        ("GEX 1,650", "GEX = 1650", "GEX 1 = 650"),
    ],
)
def test_two_readings_are_both_named(text: str, one: str, other: str) -> None:
    with pytest.raises(ValueError, match="in two ways") as error:
        read_published(text, 650.0 if "650" in text else 6500.0)
    assert one in str(error.value)
    assert other in str(error.value)


def test_decimal_decides() -> None:
    assert values_of("Net GEX: 1,234", decimal="point") == {"Net GEX": 1234.0}
    assert values_of("Net GEX: 1,234", decimal="comma") == {"Net GEX": 1.234}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is nothing in it"),
        ("good morning", "no list of names and values"),
        ("Call Wall, 6500, 6550", "no list of names and values"),
        ("Call Wall: 6500\nCall Wall: 6510", "given twice, as 6500 and 6510"),
        ("$SPX: HVL, 6500\n$NDX: HVL, 23000", "several symbols, NDX, SPX"),
        ('{"Call Wall": 6500, "Call Wall": 6510}', "Call Wall is given twice"),
        ('{"Call Wall": ', "begins like JSON"),
        ('{"strikes": [1]}', "holds no numbers"),
        ("[1, 2]", "a name and a value"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_published(text, 6500.0)


def test_none_units_and_names_joined() -> None:
    found = read_published("1D Min, NA, HVL & GEX 2, 6450, Net GEX, -2.5bn, Total gamma, $120", 6500.0)
    assert [(each.name, each.value, each.has_unit) for each in found.levels] == [
        ("1D Min", None, False),
        ("HVL", 6450.0, False),
        ("GEX 2", 6450.0, False),
        ("Net GEX", -2.5e9, True),
        ("Total gamma", 120.0, True),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("zero_gamma_level", "level", "spotgamma.zero_gamma"),
        ("SPX Gamma Flip", "level", "spotgamma.zero_gamma"),
        ("major_pos_vol", "level", "gexbot.major_pos_vol"),
        ("Volatility Trigger™", "proprietary", None),
        ("BL 3", "proprietary", None),
        ("spot_price", "spot", None),
        ("GEX+", "figure", "squeezemetrics.gex_plus"),
        ("lucky number", "unknown", None),
    ],
)
def test_names(name: str, kind: str, key: str | None) -> None:
    assert (named(name).kind, named(name).key) == (kind, key)


@given(
    st.dictionaries(
        st.sampled_from(["Call Wall", "Put Wall", "HVL", "GEX 1", "GEX 10", "1D Max", "HVL 0DTE", "Zero Gamma"]),
        st.integers(300_000, 900_000).map(lambda cents: cents / 100.0),
        min_size=1,
    ),
    st.sampled_from([", ", ": ", " = ", "\t", ","]),
    st.sampled_from([", ", "\n", "; "]),
)
def test_what_is_written_is_read(levels: dict[str, float], gap: str, between: str) -> None:
    """Cents are always written, so no point can be taken for one between thousands."""
    text = between.join(f"{name}{gap}{value:.2f}" for name, value in levels.items())
    assert values_of(text, 6000.0) == levels


@given(st.one_of(st.text(max_size=60), st.text("Aa1 ,.:;&\n-$%65k", max_size=60)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_published(text, 6500.0)
    except ValueError:
        return
    assert found.levels


@pytest.mark.parametrize("text", ["a 1 " * 400 + "x", "a, 1, " * 300 + "b", "1,234," * 300, "a 1 2 3 " * 240])
def test_a_long_line_that_ends_badly_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"no list of|two ways|given twice"):
        read_published(text, 6500.0)


def test_the_public_sample(data_path) -> None:
    """A peer's answer for SPX: three levels by names that mean something, its spot, and tables it cannot be held to."""
    text = data_path("chains/other/levels_published_sample.json").read_text()
    found = read_published(text, 6820.52)
    own = json.loads(text)
    assert found.symbol == "SPX"
    assert found.skipped == ("major_levels", "strike_gex")
    assert {each.means.key: each.value for each in found.levels if each.means.kind == "level"} == {
        "spotgamma.zero_gamma": own["zero_gamma_level"],
        "spotgamma.call_wall": own["call_wall"],
        "spotgamma.put_wall": own["put_wall"],
    }
