"""How sure the levels of a merged book are: all its books under every other convention in use, each re-priced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gex.bands import POSITIONS, Curve, bands_from, units_under, variant_of
from gex.exposure import PER_PCT
from gex.levels import sum_by
from gex.merged_book import MergedBook
from gex.variants import repriced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.analysis import Priced
    from gex.exposure import Book
    from gex.merged_book import Member
    from gex.quotes import Floats
    from gex.results import Bands, ConventionGroup, Levels, Variant
    from gex.settings import Convention


def merged_bands(bases: Sequence[Priced], members: Sequence[Member], spots: Floats, levels: Levels) -> Bands:
    """Find the levels under every convention of the first source's `Settings.band`, and how far they spread.

    A source to which a convention gives nothing, or no position, stays as it is.

    Args:
        bases: The sources, priced.
        members: All used contracts of each, as they count among the first's.
        spots: To look for the flip at, points of the first.
        levels: The merged book's own.

    """
    level = bases[0].market.level
    # As for one book: a profile of moving volatility takes a sum a spot.
    spots = spots if bases[0].book.dynamics is None else spots[::8]
    variants = (*_methods(bases, members, spots, levels), *_positions(bases, members, spots))
    net = sum(float(np.sum(member.gamma)) for member in members)
    return bands_from(variants, levels, net, level)


def _methods(bases: Sequence[Priced], members: Sequence[Member], spots: Floats, levels: Levels) -> Iterator[Variant]:
    """Re-price all books under every other method; what early exercise adds stays what it is."""
    settings, level = bases[0].settings, bases[0].market.level
    early = _early(members, spots)
    early_gamma = [_early_gamma(base) for base in bases]
    found: dict[tuple[Convention, str], dict[int, Book]] = {}
    for number, base in enumerate(bases):
        for other in repriced(base.market, base.market.used, base.book.european(), settings.band):
            found.setdefault((other.convention, other.description), {})[number] = other.book
    for (convention, text), others in found.items():
        books = [others.get(number, base.book.european()) for number, base in enumerate(bases)]
        held = _merged(members, books).held()
        curve = Curve(spots, held, early)
        flip = curve.root_near(levels, level) if any(book.dynamics for book in books) else curve.root(level)
        gammas = [_gamma_usd(base, book, extra) for base, book, extra in zip(bases, books, early_gamma, strict=True)]
        yield _variant((convention, "method", text), members, gammas, flip, settings.ladder)


def _positions(bases: Sequence[Priced], members: Sequence[Member], spots: Floats) -> Iterator[Variant]:
    """Give dealers every other position in all underlyings."""
    settings, level = bases[0].settings, bases[0].market.level
    unit_gamma = [base.book.gamma(base.market.level) for base in bases]
    for convention, (*_, text) in POSITIONS.items():
        units = [_units(base, convention) for base in bases]
        same = all(np.array_equal(mine, base.book.units) for mine, base in zip(units, bases, strict=True))
        if convention not in settings.band or same:
            continue
        books = [replace(base.book, units=mine) for base, mine in zip(bases, units, strict=True)]
        early = _early([replace(member, book=book) for member, book in zip(members, books, strict=True)], spots)
        held = _merged(members, [book.european() for book in books]).held()
        flip = Curve(spots, held, early).root(level)
        sides = zip(bases, units, unit_gamma, strict=True)
        gammas = [PER_PCT * base.market.level**2 * mine * gamma for base, mine, gamma in sides]
        yield _variant((convention, "positions", text), members, gammas, flip, settings.ladder)


def _units(base: Priced, convention: Convention) -> Floats:
    """Return dealers' units under another convention, their own where it gives them nothing or the book is the user's."""
    own = base.settings.positions
    units = units_under(base.market, own, convention) if isinstance(own, str) else base.book.units
    return units if units.any() else base.book.units


def _merged(members: Sequence[Member], books: Sequence[Book]) -> MergedBook:
    """Return the members with other books of the same contracts."""
    return MergedBook(tuple(replace(member, book=book) for member, book in zip(members, books, strict=True)))


def _early(members: Sequence[Member], spots: Floats) -> Floats:
    """Return what early exercise adds to the profile, $ per +1%."""
    return sum(
        (member.book.held().early_gamma_usd_profile(spots / member.scale) for member in members), np.zeros(len(spots))
    )


def _early_gamma(base: Priced) -> Floats | float:
    """Return what early exercise adds to the gamma of one unit of each contract, per point."""
    level = base.market.level
    return base.book.gamma(level) - base.book.european().gamma(level) if base.book.early else 0.0


def _gamma_usd(base: Priced, book: Book, early_gamma: Floats | float) -> Floats:
    return PER_PCT * base.market.level**2 * book.units * (book.gamma(base.market.level) + early_gamma)


def _variant(
    what: tuple[Convention, ConventionGroup, str],
    members: Sequence[Member],
    gammas: Sequence[Floats],
    flip: float | None,
    ladder: float,
) -> Variant:
    """Sum by the strikes that contracts count at, and read the walls off."""
    strikes, at = np.unique(np.concatenate([member.strike for member in members]), return_inverse=True)
    return variant_of(what, strikes, sum_by(at, np.concatenate(gammas), len(strikes)), flip, ladder)
