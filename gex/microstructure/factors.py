"""Errors that several contracts share: one column of loadings a factor, so that the variance of any portfolio is exact.

The legs of one complex order are right together or wrong together. Their errors are one random number of variance 1,
times a loading in each contract: the covariance of two contracts is the sum over factors of the product of their
loadings, and the variance of a portfolio with weights g is sum_k g_k^2 own_k + sum_f (sum_k g_k loading_fk)^2, where
own is the part of a contract's variance that no other contract shares. No matrix of contracts by contracts is made.
"""

from __future__ import annotations

import polars as pl

from gex.ingest.schema import KEY, SCHEMA

FACTORS = pl.Schema({**{name: SCHEMA[name] for name in KEY}, "factor": pl.Int64(), "loading": pl.Float64()})
"""One row a factor and contract; a loading is in contracts."""
DIGITS = 12
"""Two factors are of one pattern where their loadings' ratios agree to so many digits."""


def joined(*tables: pl.DataFrame) -> pl.DataFrame:
    """Return the factors of several tables, each a factor of its own, those in proportion made one.

    Loadings a u and b u act on any portfolio as sqrt(a^2 + b^2) u: a day's millions of spreads become as many factors
    as there are different spreads.
    """
    start, apart = 0, []
    for table in tables:
        numbered = table.with_columns((pl.col("factor").rank("dense").cast(pl.Int64) - 1 + start).alias("factor"))
        start += table["factor"].n_unique()
        apart.append(numbered.select(FACTORS.names()).cast(FACTORS))
    return _compact(pl.concat(apart)) if start else pl.DataFrame(schema=FACTORS)


def _compact(table: pl.DataFrame) -> pl.DataFrame:
    """Make one factor of those whose loadings are in proportion; the sign of a factor means nothing."""
    summed = (
        table.group_by("factor", *KEY, maintain_order=True).agg(pl.col("loading").sum()).filter(pl.col("loading") != 0)
    )
    largest = pl.col("loading").get(pl.col("loading").abs().arg_max())
    ordered = summed.sort("factor", *KEY).with_columns(largest.over("factor").alias("largest"))
    ratio = (pl.col("loading") / pl.col("largest")).round_sig_figs(DIGITS)
    pattern = pl.concat_str(*KEY, ratio, separator=" ").str.join("|").alias("pattern")
    patterns = ordered.group_by("factor", maintain_order=True).agg(pattern, pl.col("largest").first())
    scales = patterns.group_by("pattern", maintain_order=True).agg(
        pl.col("factor").first(), (pl.col("largest") ** 2).sum().sqrt().alias("scale")
    )
    kept = ordered.join(scales, on="factor", maintain_order="left").with_columns(
        (pl.col("loading") / pl.col("largest") * pl.col("scale")).alias("loading")
    )
    return kept.with_columns((pl.col("factor").rank("dense").cast(pl.Int64) - 1).alias("factor")).select(
        FACTORS.names()
    )
