"""Who holds what, told from trades: sides, dealers' inventory with its error, and the tape of their hedges."""
