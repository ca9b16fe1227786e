"""Tapes of option trades: one file per vendor's format, and what makes a trade table of them."""
