"""Floor 1: Black-Scholes-Merton on arrays. NumPy and the compiled kernel, nothing else."""

if not __name__.startswith("gex."):
    raise ImportError(f"import gex.{__name__}, not {__name__}")

from gex.pricing.american import American, american, early_exercise_premium, may_exercise_before_dividend
from gex.pricing.american_implied import american_implied_vol
from gex.pricing.american_profile import american_gamma_profile
from gex.pricing.black_scholes import Greeks, gamma, greeks, price
from gex.pricing.implied import Status, implied_total_volatility, implied_vol
from gex.pricing.parity import ParityForward, forward_from_parity
from gex.pricing.profile import gamma_profile, gamma_sum, log_ladder

__all__ = [
    "American",
    "Greeks",
    "ParityForward",
    "Status",
    "american",
    "american_gamma_profile",
    "american_implied_vol",
    "early_exercise_premium",
    "forward_from_parity",
    "gamma",
    "gamma_profile",
    "gamma_sum",
    "greeks",
    "implied_total_volatility",
    "implied_vol",
    "log_ladder",
    "may_exercise_before_dividend",
    "price",
]
