"""Regimes, technical levels, event studies and claims, from daily histories."""
