"""Files that are known but cannot be read as a chain with certainty: each says why, and what to take instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """A layout that is recognised by marks in its beginning, and the reason it is not read."""

    name: str
    marks: tuple[bytes, ...]
    message: str

    def sniff(self, head: bytes) -> bool:
        """Tell whether the file's beginning bears all marks, in any case of letters."""
        return all(mark in head.lower() for mark in self.marks)


REFUSED = (
    Refused(
        "long_quote_table",
        (b"expiration date", b"strike", b"type", b"index spot"),
        "a quote table in long form, without option symbols and time: SPX and SPXW share strikes on third Fridays and "
        "cannot be told apart, and the date is unknown; take the original download it was made from",
    ),
    Refused(
        "seven_zip",
        (b"7z\xbc\xaf'\x1c",),
        "a 7z archive, as OptionsDX's come; take the files in it, or zip them: gzip and zip are read in place",
    ),
    Refused(
        "published_levels",
        (b"call_wall", b"put_wall"),
        "levels that another program published, not an option chain; take the chain they were made from",
    ),
    Refused(
        "occ_open_interest",
        (b'"pull_dates"', b'"expirations"'),
        "open interest by strike without prices, not an option chain; take a quote table or delayed quotes",
    ),
    Refused(
        "occ_account_volume",
        (b"quantity,underlying,symbol,actype,porc",),
        "OCC's volume by account type, a table of days and not an option chain: gex.ingest.account_volume.read_account_volume "
        "reads it; take a quote table or delayed quotes",
    ),
    Refused(
        "price_history",
        (b"date,open,high,low,close",),
        "a history of daily prices, not an option chain; take a quote table or delayed quotes",
    ),
)
