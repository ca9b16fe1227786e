"""Whole-array formulas compiled by JAX for the CPU, in double precision."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from benchmarks.peers import Columns, Work, contract

DISTRIBUTIONS = ("jax", "jaxlib")
INV_ROOT_TWO_PI = 1.0 / np.sqrt(2.0 * np.pi)

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")


@jax.jit
def _gamma(spot, strike, years, sigma, rate, dividend):
    w = sigma * jnp.sqrt(years)
    d1 = (jnp.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    return jnp.exp(-0.5 * d1 * d1 - dividend * years) * INV_ROOT_TWO_PI / (spot * w)


@jax.jit
def _greeks(spot, strike, years, sigma, rate, dividend, sign):
    root = jnp.sqrt(years)
    w = sigma * root
    d1 = (jnp.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    d2 = d1 - w
    carry = jnp.exp(-dividend * years)
    asset = spot * carry * ndtr(sign * d1)
    cash = strike * jnp.exp(-rate * years) * ndtr(sign * d2)
    density = carry * jnp.exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI
    delta = sign * asset / spot
    return {
        "price": sign * (asset - cash),
        "delta": delta,
        "gamma": density / (spot * w),
        "vega": spot * density * root,
        "theta": -0.5 * spot * density * sigma / root - sign * (rate * cash - dividend * asset),
        "vanna": -density * d2 / sigma,
        "charm": dividend * delta - density * ((rate - dividend) / w - 0.5 * d2 / years),
    }


@jax.jit
def _profile(spots, weight, rest):
    return jax.lax.map(lambda spot: weight @ _gamma(spot, *rest), spots)


def _work(function, *arguments) -> Work:
    on_device = jax.tree.map(jnp.asarray, arguments)
    return Work(lambda: jax.block_until_ready(function(*on_device)), lambda result: jax.tree.map(np.asarray, result))


def gamma(columns: Columns, _variant: str) -> Work:
    return _work(_gamma, *contract(columns))


def greeks(columns: Columns, _variant: str) -> Work:
    return _work(_greeks, *contract(columns), np.where(columns["is_call"], 1.0, -1.0))


def profile(columns: Columns, _variant: str) -> Work:
    return _work(_profile, columns["spots"], columns["weight"], contract(columns)[1:])
