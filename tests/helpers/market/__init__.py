"""A simulated day of option trading whose sides, holders and inventories are known; README.md says how it is made."""

from market.day import Day, simulate
from market.settings import AGENTS, EXCHANGES, KINDS, PRESETS, Settings

__all__ = ["AGENTS", "EXCHANGES", "KINDS", "PRESETS", "Day", "Settings", "simulate"]
