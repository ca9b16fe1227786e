"""Conventions are refused by name when they cannot be meant, and have a fingerprint."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest

from gex.position_book import PositionBook
from gex.settings import Curve, Settings


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"positions": "long-all"}, "positions must be one of"),
        ({"vol": "garch"}, "vol must be one of"),
        ({"exercise": "bermudan"}, "exercise must be one of"),
        ({"rate": 0.04}, "give both or neither"),
        ({"dividend": 0.0}, "give both or neither"),
        ({"spot": -1.0}, "spot must be a positive price"),
        ({"spot": float("nan")}, "spot must be a positive price"),
        ({"move_to": float("inf")}, "move_to must be a positive price"),
        ({"at": dt.datetime(2025, 9, 5, 10)}, "time zone"),  # noqa: DTZ001
        ({"ladder": 0.0}, "ladder must lie between 0 and 1"),
        ({"ladder": 1.0}, "ladder must lie between 0 and 1"),
        ({"dynamics": "sticky"}, "dynamics must be one of"),
        ({"vol_beta": float("nan")}, "vol_beta must lie between -50 and 50"),
        ({"scale": 0.0}, "scale must lie above 0"),
        ({"signed_share": -0.1}, "signed_share must lie from 0 to 1"),
        ({"zero_dte_volume": 1.5}, "zero_dte_volume must lie from 0 to 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, named) -> None:
    with pytest.raises(ValueError, match=named):
        Settings(**given)


@pytest.mark.parametrize(
    ("years", "rates"), [((), ()), ((1.0,), (0.04, 0.05)), ((1.0, 1.0), (0.04, 0.05)), ((-1.0,), (0.04,))]
)
def test_a_curve_needs_increasing_tenors_and_a_rate_for_each(years, rates) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(years, rates)


def test_the_fingerprint_changes_with_any_setting() -> None:
    variants = [
        Settings(),
        Settings(positions="naive"),
        Settings(vol="vendor"),
        Settings(curve=Curve((1.0,), (0.05,))),
        Settings(rate=0.0, dividend=0.0),
        Settings(exercise="european"),
        Settings(spot=1.0),
        Settings(move_to=1.0),
        Settings(at=dt.datetime(2025, 9, 5, tzinfo=dt.UTC)),
        Settings(expirations="0dte"),
        Settings(ladder=0.1),
        Settings(dynamics="sticky-moneyness"),
        Settings(vol_beta=-10.0),
        Settings(scale=0.5),
        Settings(zero_dte_volume=0.5),
        Settings(signed_volume=PositionBook("flow.csv", pl.DataFrame(), "0" * 64)),
        Settings(signed_share=0.5),
    ]
    assert len({settings.fingerprint for settings in variants}) == len(variants)
    assert Settings().fingerprint == Settings().fingerprint


def test_settings_are_ready_for_json() -> None:
    settings = Settings(at=dt.datetime(2025, 9, 5, 14, tzinfo=dt.UTC))
    assert json.loads(json.dumps(settings.as_dict()))["at"] == "2025-09-05T14:00:00+00:00"
