"""`gex formats`: what can be read, what is refused, and what each rests on."""

from __future__ import annotations

from importlib.resources import files

import click

from gex.cli import options

EVIDENCE = {
    "parquet": "round trip, column by column",
    "csv": "round trip, column by column",
    "cboe_csv": "real downloads of 2020 to 2025: SPX, NDX, XSP, QQQ, SPY; headers in four languages, three layouts",
    "cboe_json": "a real download (RUT, 2023)",
    "quotes_json": "real files of one collector (SPX, QQQ, 2026)",
    "datashop": "the vendor's pages; no customer's file has been seen, any other header is refused",
    "thetadata": "the vendor's documentation and headers in public code; experimental, any other header is refused",
    "optionsdx": "headers and lines in public code; experimental, any other header is refused; volume, no open interest",
    "orats": "the vendor's pages and API documentation; no customer's file has been seen, any other header is refused",
    "databento": "the vendor's library (extra `databento`) and documentation; files made with it; no customer's file has been seen",
    "massive": "the vendor's documentation and client library; no real answer has been seen",
    "massive_flat": "the vendor's pages and example lines; no customer's file has been seen; volume, no open interest, no quotes",
    "tradier": "the vendor's documentation; no real answer has been seen",
    "schwab": "answers quoted in public code; experimental",
    "yfinance": "yfinance's own source; frames made with it and pandas; any other header is refused",
    "ib_async": "ib_async's own source; frames made with it and pandas; any other header is refused",
    "occ_series": "answers quoted in public code; experimental, any other header is refused",
    "mapped": "what the user says of each column",
}
TAPES = {
    "parquet": "round trip, column by column",
    "csv": "round trip, column by column",
    "datashop": "columns in public code; no customer's file has been seen, any other header is refused",
    "thetadata": "the vendor's documentation and headers in public code; any other header is refused",
    "massive": "the vendor's pages and lines in public code; any other header is refused",
    "databento": "the vendor's library (extra `databento`) and documentation; files made with it",
}


@click.command("formats")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form of the list.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of `gex report --format json` instead.")
@options.logging_options
def command(form: str, json_schema: bool) -> None:
    """List the formats that can be read, chains and tapes of trades; each is known by its content, never by its name."""
    if json_schema:
        click.echo(files("gex.cli").joinpath("report.schema.json").read_text(encoding="utf-8"), nl=False)
        return
    from gex.ingest.readers.refused import REFUSED
    from gex.ingest.readers.registry import FORMATS
    from gex.ingest.trades import registry as trades

    if form == "json":
        from gex.cli.render.document import dumps

        read, tapes = (
            [
                {"name": each.name, "title": each.title, "proof": each.proof, "evidence": evidence[each.name]}
                for each in formats
            ]
            for formats, evidence in ((FORMATS, EVIDENCE), (trades.FORMATS, TAPES))
        )
        click.echo(dumps({"read": read, "refused": {each.name: each.message for each in REFUSED}, "tapes": tapes}))
        return
    from gex.cli.render.terminal import aligned, detect, flow

    width = detect("never").width
    rows = [("FORMAT", "WHAT", "PROOF"), *((each.name, each.title, each.proof) for each in FORMATS)]
    click.echo("\n".join(aligned(rows, "<<<")))
    lines = [flow([f"{each.name}: {EVIDENCE[each.name]}"], width, indent="  ") for each in FORMATS]
    rows = [("TAPE OF TRADES", "WHAT", "PROOF"), *((each.name, each.title, each.proof) for each in trades.FORMATS)]
    click.echo("\n" + "\n".join(aligned(rows, "<<<")))
    lines += [flow([f"{name} (tape): {evidence}"], width, indent="  ") for name, evidence in TAPES.items()]
    refused = [flow([f"{each.name}: {each.message}"], width, indent="  ") for each in REFUSED]
    click.echo("\nEVIDENCE\n" + "\n".join(line for each in lines for line in each))
    click.echo("\nKNOWN AND REFUSED\n" + "\n".join(line for each in refused for line in each))
