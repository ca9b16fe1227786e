"""What makes two batches the same, and what does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.batch.spec import Spec, settings_from, spec_of
from gex.cli.options import ReadOptions
from gex.cli.values import curve_of, positions_of
from gex.ingest.errors import UnreadableError
from gex.settings import Curve, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

READ = ReadOptions(None, None, None, (), {}, None, None, None, strict=False, max_bad=0.2)
NO_BOOKS: dict[str, Any] = {"positions": None, "signed_volume": None}
RATES = 'Date,"1 Mo","1 Yr"\n09/05/2025,4.0,3.9\n09/04/2025,4.1,3.8\n'
BOOK = "root,expiration,strike,option_type,contracts\nSPXW,2025-09-05,6500,C,10\n"


@pytest.mark.parametrize(
    "other",
    [
        {"settings": Settings(vol="vendor")},
        {"settings": Settings(band=())},
        {"settings": Settings(curve=Curve((1.0,), (0.05,)))},
        {"read": replace(READ, delay=14.0)},
        {"read": replace(READ, underlying="SPX")},
        {"read": replace(READ, iv_unit="percent")},
        {"read": replace(READ, columns={"strike": "K"})},
        {"beside": ("ab" * 32,)},
    ],
)
def test_what_may_change_a_figure_changes_the_fingerprint(other: dict[str, Any]) -> None:
    spec = Spec(Settings(), READ)
    assert replace(spec, **other).fingerprint != spec.fingerprint


@pytest.mark.parametrize(
    "same", [replace(READ, store=Path("x")), replace(READ, strict=True), replace(READ, snapshot="eod"), replace(READ, iv_unit="decimal")]
)  # fmt: skip
def test_what_changes_none_does_not(same: ReadOptions) -> None:
    assert Spec(Settings(), same).fingerprint == Spec(Settings(), READ).fingerprint


def test_what_is_taken_or_refused_is_the_selection() -> None:
    assert (
        len(
            {
                Spec(Settings(), read).selection
                for read in (READ, replace(READ, strict=True), replace(READ, snapshot="eod"))
            }
        )
        == 3
    )


def test_a_file_beside_counts_by_its_content(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.write_text("open interest")
    prints = [spec_of(Settings(), replace(READ, beside=(str(path),))).fingerprint for path in (one, two)]
    two.write_text("others")
    assert prints[0] == prints[1] != spec_of(Settings(), replace(READ, beside=(str(two),))).fingerprint
    with pytest.raises(UnreadableError, match="missing"):
        spec_of(Settings(), replace(READ, beside=("missing",)))


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Callable[[str, str], str]:
    def save(text: str, name: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return save


def test_rates_by_date_count_whole_by_their_content(saved: Callable[[str, str], str]) -> None:
    names = {"a.csv": RATES, "b.csv": RATES, "c.csv": RATES.replace("3.8", "3.7")}
    prints = [
        Spec(Settings(curve=curve_of(None, None, saved(text, name))), READ).fingerprint  # type: ignore[arg-type]
        for name, text in names.items()
    ]
    assert prints[0] == prints[1] != prints[2]


def test_settings_come_back_from_a_footer(saved: Callable[[str, str], str]) -> None:
    settings = Settings(vol="vendor", band=("rates",), ladder=0.1, rate=0.04, dividend=0.01)
    footer = json.loads(json.dumps(Spec(settings, READ).footer(settings.curve)))
    assert settings_from(footer["settings"], footer["curve"], NO_BOOKS) == settings
    dated = Settings(curve=curve_of(None, None, saved(RATES, "r.csv")))  # type: ignore[arg-type]
    day = Curve((0.5, 1.0), (0.04, 0.039))
    footer = json.loads(json.dumps(Spec(dated, READ).footer(day)))
    assert settings_from(footer["settings"], footer["curve"], NO_BOOKS) == Settings(curve=day)


def test_a_book_is_told_by_its_hash_and_has_to_be_given(saved: Callable[[str, str], str]) -> None:
    book = positions_of(None, None, saved(BOOK, "own.csv"))  # type: ignore[arg-type]
    other = positions_of(None, None, saved(BOOK.replace("10", "11"), "other.csv"))  # type: ignore[arg-type]
    settings = Settings(positions=book)
    footer = json.loads(json.dumps(Spec(settings, READ).footer(settings.curve)))
    again = settings_from(footer["settings"], footer["curve"], {**NO_BOOKS, "positions": book})
    assert again.fingerprint == settings.fingerprint
    with pytest.raises(ValueError, match=r"give it with --positions"):
        settings_from(footer["settings"], footer["curve"], NO_BOOKS)
    with pytest.raises(ValueError, match=r"other.csv is not the book own.csv"):
        settings_from(footer["settings"], footer["curve"], {**NO_BOOKS, "positions": other})


def test_settings_of_a_later_version_are_told() -> None:
    footer = Spec(Settings(), READ).footer(Curve())
    with pytest.raises(ValueError, match="does not know"):
        settings_from({**footer["settings"], "new": 1}, footer["curve"], NO_BOOKS)
