"""The rules for sides as `tclf` has them; it is given the last and next different prices, which it does not look for."""

from __future__ import annotations

import numpy as np
from tclf.classical_classifier import ClassicalClassifier

from benchmarks.peers import Columns, Work

DISTRIBUTIONS = ("tclf", "scikit-learn", "numpy")
QUOTES = ("bid", "ask", "bid_size", "ask_size")
KINDS = {"tsize": "trade_size", "rtick": "rev_tick"}
PLACES = {"nbbo": "best"}
STACK = ("tsize_ex", "quote_nbbo", "quote_ex", "depth_nbbo", "depth_ex", "rtick_all")


def _layer(rule: str) -> tuple[str, str]:
    kind, place = rule.rsplit("_", 1)
    return KINDS.get(kind, kind), PLACES.get(place, place)


def _features(columns: Columns, *, hybrid: bool) -> dict[str, np.ndarray]:
    """Return the columns by tclf's names; hybrid rules get the prices of all exchanges, as in the studies."""
    quotes = {f"{name}_{place}": columns[f"{name}_{place}"] for name in QUOTES for place in ("ex", "best")}
    others = {
        f"price_{place}_{way}": columns[f"{way}_{'all' if hybrid else place}"]
        for place in (("ex", "best") if hybrid else ("ex", "all"))
        for way in ("lag", "lead")
    }
    return {"trade_price": columns["price"], "trade_size": columns["size"], **quotes, **others}


def _labels(columns: Columns, rules: tuple[str, ...]) -> np.ndarray:
    hybrid = any(name in rule for rule in rules for name in ("lr_", "emo_", "clnv_"))
    features = _features(columns, hybrid=hybrid)
    table = np.column_stack(list(features.values()))
    layers = [_layer(rule) for rule in rules]
    return ClassicalClassifier(layers=layers, features=list(features), strategy="const").fit(table).predict(table)


def sides(columns: Columns, _variant: str) -> Work:
    """Time the large stack; outside the clock, tell every rule's labels too."""
    features = _features(columns, hybrid=False)
    table = np.column_stack(list(features.values()))
    model = ClassicalClassifier(layers=list(map(_layer, STACK)), features=list(features), strategy="const").fit(table)
    names = [str(name) for name in columns["rules"]]

    def all_labels(stack: np.ndarray) -> dict[str, np.ndarray]:
        return {"gsu_large": stack, **{name: _labels(columns, (name,)) for name in names}}

    return Work(lambda: model.predict(table), all_labels)
