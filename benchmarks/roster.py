"""Who runs beside us, in what environment, on how many rows, and how exact each one's answers must be."""

from __future__ import annotations

from dataclasses import dataclass, field

SCALAR = {"scalar_gamma": 1e-9, "scalar_greeks": 1e-9, "scalar_implied": 1e-6}
TEXTBOOK = {"gamma": 1e-9, "greeks": 1e-9, "profile": 1e-9, "implied": 1e-6, **SCALAR}
"""Formulas in double precision, which lose digits to ln(S / K) shortly before expiry."""
OURS = {
    "gamma": 1e-12,
    "greeks": 1e-12,
    "profile": 1e-12,
    "implied": 1e-12,
    **dict.fromkeys(SCALAR, 1e-12),
    "american": 7e-4,
    "american_cash": 1e-3,
    "american_profile": 7e-4,
    "american_implied": 1e-6,
    "sides": 0.0,
}
"""Relative; for greeks, of the largest term; for the profile, of its largest value; for volatility, absolute;
for sides, the share of labels that differ; American figures on the scales of tests/pricing/american_reference.py."""


@dataclass(frozen=True)
class Peer:
    """One peer, or one way to use it.

    Attributes:
        name: In the report.
        module: In `benchmarks.peers`.
        environment: In `benchmarks.environments`.
        variant: What the module makes of it.
        rows: How many contracts it gets at most, where it is slow; None for all, a million too.
        tolerance: By task, the largest error it may have.
        reach: The largest abs(d1) where that is asked of it.
        note: In the report.

    """

    name: str
    module: str
    environment: str = "current"
    variant: str = ""
    rows: int | None = None
    tolerance: dict[str, float] = field(default_factory=lambda: TEXTBOOK)
    reach: float = 8.5
    note: str = ""


LIMIT = "C loop"
NUMPY = "NumPy + SciPy"
SVML = "numba 0.60, fastmath, SVML"
VECTORIZED = "py_vollib_vectorized"
QUANTLIB = "QuantLib BlackCalculator"
QDFP, QDFP_LADDER = "QuantLib QdFp, fast", "QuantLib QdFp, fast, along the ladder"

ALONG = "one price a spot, gamma by differences along the ladder"
FIVE = "price and four of the seven greeks"
FOUR = "four of the seven greeks, and rho"
DIFFERENCES = (
    "greeks by finite differences: compared where abs(d1) < 1; theta, a difference over a day, is not compared"
)

FEW = 24
"""American contracts for QuantLib."""
COARSE = 0.1
"""The fast scheme's gamma next to the exercise boundary, where it has few quadrature points. Elsewhere it is within 1e-3."""
WRONG = 0.5
"""The bound of approximations that are known to be wrong: their errors are what the table is to show."""

LOOSE = {**TEXTBOOK, "greeks": 1e-4}
"""fast-vollib's greeks shortly before expiry."""

ARRAYS = {task: bound for task, bound in OURS.items() if task not in SCALAR}
LOOPS = {task: OURS[task] for task in ("gamma", "greeks", "profile")}

PEERS = (
    Peer("ours, AVX2", "ours", "avx2", "avx2", tolerance=ARRAYS, note="built for AVX2 without AVX-512"),
    Peer("ours, without AVX2", "ours", "baseline", "baseline", tolerance=ARRAYS, note="built with -DGEX_BASELINE"),
    Peer(LIMIT, "c_loop", tolerance=LOOPS, note="our own loops without Python, -O3 -march=native, outputs given"),
    Peer(NUMPY, "numpy_scipy"),
    Peer("numba", "numba_loops", variant="strict", note="outputs given"),
    Peer("numba, fastmath", "numba_loops", variant="fastmath", note="outputs given"),
    Peer(SVML, "numba_loops", "pinned", "svml", note="outputs given"),
    Peer("JAX", "jax_xla", note="compiled, double precision, on the CPU"),
    Peer("fast-vollib, NumPy", "fast_vollib_arrays", variant="numpy", rows=20_000, tolerance=LOOSE, note=FOUR),
    Peer("fast-vollib, numba", "fast_vollib_arrays", variant="numba", rows=20_000, tolerance=LOOSE, note=FOUR),
    Peer("fast-vollib, JAX", "fast_vollib_arrays", variant="jax", rows=20_000, tolerance=LOOSE, note=FOUR),
    Peer(
        "opengreeks", "opengreeks_rust", "newer", rows=20_000, note="an array call a greek and side, one rate for all"
    ),
    Peer(
        VECTORIZED,
        "vollib_vectorized",
        "pinned",
        rows=20_000,
        tolerance={"gamma": 1e-2, "greeks": 1e-2, "implied": 1e-11},
        reach=1.0,
        note=f"{FOUR}; {DIFFERENCES}",
    ),
    Peer(QUANTLIB, "quantlib", rows=2_000, reach=5.0, note=f"{FIVE}, compared where abs(d1) < 5"),
    Peer("py_vollib", "vollib", rows=500, note=FIVE),
    Peer("Python's math module", "plain_python", rows=2_000),
    Peer(
        QDFP,
        "quantlib_american",
        variant="fast",
        rows=FEW,
        tolerance={"american": 1e-3, "american_profile": COARSE, "american_implied": 1e-3},
        note="delta and gamma from three prices, gamma off by percents next to the exercise boundary; volatility by Brent",
    ),
    Peer(
        QDFP_LADDER,
        "quantlib_american",
        variant="ladder",
        rows=FEW,
        tolerance={"american_profile": COARSE},
        note=ALONG,
    ),
    Peer(
        "QuantLib QdFp, accurate, along the ladder",
        "quantlib_american",
        variant="accurate",
        rows=FEW // 4,
        tolerance={"american_profile": 1e-3},
        note=ALONG,
    ),
    Peer(
        "QuantLib binomial, Leisen-Reimer 201",
        "quantlib_american",
        variant="binomial",
        rows=FEW,
        tolerance={"american": 1e-2},
        note="with the engine's own delta and gamma",
    ),
    Peer(
        "QuantLib Barone-Adesi-Whaley",
        "quantlib_american",
        variant="baw",
        rows=FEW,
        tolerance={"american": WRONG},
        note="delta and gamma from three prices",
    ),
    Peer(
        "QuantLib Bjerksund-Stensland",
        "quantlib_american",
        variant="bjerksund",
        rows=FEW,
        tolerance={"american": WRONG},
        note="with the engine's own delta and gamma",
    ),
    Peer(
        "QuantLib finite differences, 100 x 100",
        "quantlib_american",
        variant="grid",
        rows=FEW,
        tolerance={"american_cash": WRONG},
        note="QuantLib's own numbers of steps; escrowed model",
    ),
    Peer(
        "QuantLib finite differences, 400 x 800",
        "quantlib_american",
        variant="fine grid",
        rows=FEW // 4,
        tolerance={"american_cash": COARSE},
        note="escrowed model",
    ),
    Peer(
        "QuantLib impliedVolatility",
        "quantlib_american",
        variant="implied",
        rows=FEW,
        tolerance={"american_implied": 1e-2},
        note="on finite differences, which it uses for American options whatever the engine",
    ),
    Peer("tclf", "tclf_rules", "sides", tolerance={"sides": 0.0}, note="given the last and next different prices"),
)
