"""The facts of our own files, edited by hand or damaged: refused where they cannot be."""

from __future__ import annotations

import json

import pytest

from gex.ingest.errors import FormatError
from gex.ingest.read import read_chain
from gex.ingest.readers.canonical import csv_bytes


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("quality", "rows_in"), 0, "0 rows, but 30 kept"),
        (("quality", "rows_in"), -130, "not a count"),
        (("quality", "rows_in"), -0.0, "not a count"),
        (("quality", "rows_in"), True, "not a count"),
        (("quality", "quarantined"), {"bad_number": 1}, "30 kept and {'bad_number': 1} set aside"),
        (("quality", "quarantined"), {"bad_number": "1"}, "not a count"),
        (("quote_time",), "2025-09-05T14:16:01", "no time zone"),
        (("next_close",), "2025-09-05T20:00:00", "no time zone"),
        (("stamp",), "2025-09-05T14:16:01:00", "no time zone"),
    ],
)
def test_facts_that_cannot_be_are_refused(save, table, path, value, message) -> None:
    """Each was found by damaging files at random: rows lost, or an error that named nothing."""
    mark, _, rest = csv_bytes(read_chain(save(table.text()))).partition(b"{")
    line, _, rows = rest.partition(b"\n")
    facts = json.loads(b"{" + line)
    inner = facts
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(FormatError, match=f"facts in the metadata are damaged.*{message}"):
        read_chain(save(mark + json.dumps(facts).encode() + b"\n" + rows))
