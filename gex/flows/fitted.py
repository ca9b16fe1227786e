"""What the fit of trend followers to published figures comes to: the errors that stand beside each figure.

Made by `gex.flows.calibration` from SPX's closes and `gex.flows.published_trend`; a test makes them again.
"""

from __future__ import annotations

from gex.flows.calibration import Error

FITTED_ON = "SPX"
"""The index whose trend stands for all: published dollars are of equities worldwide."""
NOTES = 16
FIRST, LAST = "2024-01-26", "2025-11-13"
"""Closes of the first and the last note that the fit has seen."""

ERRORS = {
    "week_flat": Error(15, 17.9e9, 17.1e9, 13.6e9, 13.9e9),
    "week_up": Error(15, 19.4e9, 16.9e9, 12.8e9, 12.9e9),
    "week_down": Error(15, 24.7e9, 20.4e9, 17.9e9, 18.7e9),
    "month_flat": Error(15, 34.2e9, 28.4e9, 23.8e9, 30.2e9),
    "month_up": Error(15, 50.2e9, 27.5e9, 23.6e9, 28.8e9),
    "month_down": Error(14, 155.1e9, 56.7e9, 21.6e9, 25.6e9),
    "position": Error(11, 123.0e9, 43.7e9, 27.3e9, 32.2e9),
}
"""By figure, $: number of notes; root mean squares of the figure itself, of a guess, of the fit, of notes left out."""
PIVOT_ERRORS_PCT = {"short": (18, 0.13, 0.58), "medium": (16, 0.41, 1.02), "long": (13, 0.68, 2.00)}
"""Of each pivot's average against published levels: how many, mean and largest absolute difference, percent."""
PERCENTILE_ERROR = 8.9
"""Mean absolute difference between the position's percentile among all of SPX's past and the published one."""
