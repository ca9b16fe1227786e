"""Write pricing/coefficients.h: the polynomials behind the kernel's exp, log, normal tail and first volatility guess.

Every fit interpolates at Chebyshev points, in 60 digits: one linear solve, an error within a small factor of the
best possible, and nothing to tune. Run it as `python tests/pricing/make_coefficients.py > pricing/coefficients.h`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import mpmath as mp

if TYPE_CHECKING:
    from collections.abc import Callable

mp.mp.dps = 60

EXP_HALF_WIDTH = mp.log(2) / 2 * mp.mpf("1.0001")
"""The reduced argument of exp, with room for the rounding of the reduction."""
LOG_MAX_SQUARE = (mp.mpf(1) / 5) ** 2 * mp.mpf("1.0001")
"""Largest s^2 of s = (a - c) / (a + c): the kernel's choice of the exponent keeps a / c within [2/3, 3/2]."""
MILLS_MAX = mp.mpf(40)
MILLS_CENTER = mp.mpf("3.8")
"""Nodes are spread evenly in (x - c) / (x + c), which crowds them where the tail ratio bends."""
NORMAL_OFFSET = mp.mpf(1)
NORMAL_MIX = mp.mpf("0.45")
"""Both by trial: of those tried, they make the inverse of the normal model straightest."""
NORMAL_MAX_LOG = mp.mpf(45)
BEND_MAX_SQUARE = mp.mpf(3)
BEND_MAX_MONEYNESS = mp.mpf(12)
"""Largest f^2 and x^2 of the lognormal correction: total volatilities up to about 2, strikes up to 32 times away."""


def chebyshev_nodes(low: mp.mpf, high: mp.mpf, count: int) -> list[mp.mpf]:
    """Return the zeros of the Chebyshev polynomial of degree `count`, moved to [low, high]."""
    return [(low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def polynomial(f: Callable[[mp.mpf], mp.mpf], low: mp.mpf, high: mp.mpf, degree: int) -> list[mp.mpf]:
    """Return the coefficients, constant first, of the interpolant of `f` at Chebyshev nodes."""
    nodes = chebyshev_nodes(low, high, degree + 1)
    rows = mp.matrix([[x**j for j in range(degree + 1)] for x in nodes])
    return list(mp.lu_solve(rows, mp.matrix([f(x) for x in nodes])))


def exp_remainder(r: mp.mpf) -> mp.mpf:
    """Return q of exp(r) = 1 + r + r^2 q(r)."""
    return (mp.exp(r) - 1 - r) / r**2


def log_remainder(z: mp.mpf) -> mp.mpf:
    """Return L of 2 atanh(s) = 2 s + s^3 L(s^2)."""
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) - 2 * s) / s**3


def tail_ratio(x: mp.mpf) -> mp.mpf:
    """Return N(-x) exp(x^2 / 2), the Mills ratio over sqrt(2 pi)."""
    return mp.erfc(x / mp.sqrt(2)) * mp.exp(x * x / 2) / 2


def rational(f: Callable[[mp.mpf], mp.mpf], degree: int) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Return P (degree - 1) and Q (degree, Q(0) = 1) with P = f Q at Chebyshev nodes of the mapped half line."""
    edge = (MILLS_MAX - MILLS_CENTER) / (MILLS_MAX + MILLS_CENTER)
    nodes = [MILLS_CENTER * (1 + u) / (1 - u) for u in chebyshev_nodes(mp.mpf(-1), edge, 2 * degree)]
    values = [f(x) for x in nodes]
    rows = mp.matrix(
        [
            [x**j for j in range(degree)] + [-y * x**j for j in range(1, degree + 1)]
            for x, y in zip(nodes, values, strict=True)
        ]
    )
    solution = list(mp.lu_solve(rows, mp.matrix(values)))
    return solution[:degree], [mp.mpf(1), *solution[degree:]]


def surface(f: Callable[[mp.mpf, mp.mpf], mp.mpf], highest: tuple[mp.mpf, mp.mpf], degree: int) -> list[list[mp.mpf]]:
    """Return the coefficients [i][j] of v^i y^j of the interpolant of f(v, y) on a grid of Chebyshev nodes from zero."""
    grid = [chebyshev_nodes(mp.mpf(0), high, degree + 1) for high in highest]
    powers = [mp.matrix([[node**j for j in range(degree + 1)] for node in nodes]) for nodes in grid]
    values = mp.matrix([[f(v, y) for y in grid[1]] for v in grid[0]])
    return (powers[0] ** -1 * values * (powers[1] ** -1).T).tolist()


def bachelier_guess(root: mp.mpf) -> mp.mpf:
    """Return h (r + mix) of the normal model's out-of-the-money value r(h) = n(h)/h - N(-h), per unit of |F - K|.

    `root` is sqrt(L + offset) with L = -ln(r / (r + mix)): the form in which the inverse is nearly a straight line.
    """
    loss = root * root - NORMAL_OFFSET
    value = NORMAL_MIX / mp.expm1(loss)

    def excess(log_h: mp.mpf) -> mp.mpf:
        h = mp.exp(log_h)
        return mp.log((mp.npdf(h) / h - mp.erfc(h / mp.sqrt(2)) / 2) / value)

    h = mp.exp(mp.findroot(excess, (mp.mpf(-60), mp.mpf(4)), solver="anderson", tol=mp.mpf(10) ** -50, maxsteps=400))
    return h * (value + NORMAL_MIX)


def lognormal_bend(v: mp.mpf, y: mp.mpf) -> mp.mpf:
    """Return B of w = f (1 + f^2 B(f^2, x^2)), where f = n x / (2 sinh(x / 2)) and x = |ln(F / K)|.

    n and w are the total volatilities, per sqrt(F K), that give the same value in the normal and in Black's model.
    """
    flat, x = mp.sqrt(v), mp.sqrt(y)
    normal = flat * 2 * mp.sinh(x / 2) / x
    h = 2 * mp.sinh(x / 2) / normal
    target = mp.log(normal * (mp.npdf(h) - h * mp.erfc(h / mp.sqrt(2)) / 2))

    def excess(w: mp.mpf) -> mp.mpf:
        near, far = (mp.erfc((x / w + side * w / 2) / mp.sqrt(2)) / 2 for side in (-1, 1))
        return mp.log(mp.exp(-x / 2) * near - mp.exp(x / 2) * far) - target

    start = flat * (1 + v * (1 - y / 120) / 24)
    return (mp.findroot(excess, (start, start * mp.mpf("1.01")), tol=mp.mpf(10) ** -40) / flat - 1) / v


def tables() -> dict[str, list[mp.mpf]]:
    """Return every coefficient table of the header, constant terms first."""
    numerator, denominator = rational(tail_ratio, 10)
    roots = mp.sqrt(NORMAL_OFFSET), mp.sqrt(NORMAL_MAX_LOG + NORMAL_OFFSET)
    bend = surface(lognormal_bend, (BEND_MAX_SQUARE, BEND_MAX_MONEYNESS), 3)
    return {
        "EXP": polynomial(exp_remainder, -EXP_HALF_WIDTH, EXP_HALF_WIDTH, 9),
        "LOG": polynomial(log_remainder, mp.mpf(0), LOG_MAX_SQUARE, 7),
        "TAIL_P": numerator,
        "TAIL_Q": denominator,
        "NORMAL": polynomial(bachelier_guess, *roots, 12),
        **{f"BEND_{i}": row for i, row in enumerate(bend)},
    }


def header() -> str:
    """Return the text of pricing/coefficients.h."""
    lines = [
        "/* Generated by tests/pricing/make_coefficients.py: do not edit. */",
        "#ifndef GEX_COEFFICIENTS_H",
        "#define GEX_COEFFICIENTS_H",
        "",
        *(
            f"#define {name} {mp.nstr(value, 20)}"
            for name, value in {
                "NORMAL_OFFSET": NORMAL_OFFSET,
                "NORMAL_MIX": NORMAL_MIX,
                "NORMAL_MAX_LOG": NORMAL_MAX_LOG,
                "BEND_MAX_SQUARE": BEND_MAX_SQUARE,
                "BEND_MAX_MONEYNESS": BEND_MAX_MONEYNESS,
            }.items()
        ),
    ]
    for name, table in tables().items():
        lines.append("")
        lines += [f"#define {name}_{i} {mp.nstr(c, 20, min_fixed=0, max_fixed=0)}" for i, c in enumerate(table)]
    return "\n".join([*lines, "", "#endif", ""])


if __name__ == "__main__":
    sys.stdout.write(header())
