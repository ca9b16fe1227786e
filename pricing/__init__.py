"""Floor 1: Black-Scholes-Merton on arrays. NumPy and the compiled kernel, nothing else."""

if not __name__.startswith("gex."):
    raise ImportError(f"import gex.{__name__}, not {__name__}")

from gex.pricing.american import American, american, early_exercise_premium, may_exercise_before_dividend
from gex.pricing.american_implied import american_implied_vol
from gex.pricing.american_profile import american_gamma_profile
from gex.pricing.black_scholes import Greeks, gamma, greeks, price
from gex.pricing.early_exercise import EarlyExercise
from gex.pricing.higher import HigherGreeks, finite_move_gamma, higher_greeks
from gex.pricing.implied import Status, implied_total_volatility, implied_vol
from gex.pricing.interpolation import interpolate_groups
from gex.pricing.parity import ParityForward, ParityForwards, forward_from_parity, forwards_from_parity
from gex.pricing.profile import charm_profile, delta_profile, gamma_profile, gamma_sum, log_ladder, vanna_profile

__all__ = [
    "American",
    "EarlyExercise",
    "Greeks",
    "HigherGreeks",
    "ParityForward",
    "ParityForwards",
    "Status",
    "american",
    "american_gamma_profile",
    "american_implied_vol",
    "charm_profile",
    "delta_profile",
    "early_exercise_premium",
    "finite_move_gamma",
    "forward_from_parity",
    "forwards_from_parity",
    "gamma",
    "gamma_profile",
    "gamma_sum",
    "greeks",
    "higher_greeks",
    "implied_total_volatility",
    "implied_vol",
    "interpolate_groups",
    "log_ladder",
    "may_exercise_before_dividend",
    "price",
    "vanna_profile",
]
