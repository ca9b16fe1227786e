"""The conventions behind every figure: named, frozen, and with a fingerprint."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from gex.position_book import PositionBook

if TYPE_CHECKING:
    import datetime as dt

PositionsModel = Literal["naive", "short-all", "call-skew", "volume"]
VolatilitySource = Literal["reimplied", "vendor", "vendor-fitted", "per-contract"]
VolDynamics = Literal["sticky-strike", "sticky-moneyness", "vol-beta"]
Exercise = Literal["auto", "european"]
EmulationName = Literal["perfiliev", "gflows"]
"""Programs whose figures `gex.emulations` repeats."""
Convention = Literal[
    "reimplied",
    "vendor",
    "per-contract",
    "variance",
    "tight-quotes",
    "sticky-strike",
    "sticky-moneyness",
    "vol-beta",
    "rates",
    "naive",
    "short-all",
    "call-skew",
    "volume",
    "zero-dte-half",
    "zero-dte-volume",
]
"""What the bands vary: `gex.bands` says how each is re-priced."""
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)

MIN_YEARS = 1.0 / 525_600.0
"""One minute: the shortest time to expiry that is priced."""


@dataclass(frozen=True)
class Curve:
    """Continuously compounded zero rates per year, linear in time between tenors, flat outside."""

    years: tuple[float, ...] = (1.0,)
    rates: tuple[float, ...] = (0.04,)

    def __post_init__(self) -> None:
        if len(self.years) != len(self.rates) or not self.years:
            raise ValueError(f"a curve needs one rate per tenor, got {len(self.years)} tenors, {len(self.rates)} rates")
        if any(b <= a for a, b in zip(self.years, self.years[1:], strict=False)) or self.years[0] < 0:
            raise ValueError(f"a curve's tenors must be increasing years from 0 on, got {self.years}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How positions, volatility, carry, time and the profile are taken.

    Attributes:
        positions: Who holds what. `naive`: dealers long calls, short puts, all open interest;
            `short-all`: short both; `call-skew`: calls long where the smile says that calls are sold, short where it
            says that they are bought (`gex.positioning.call_weight`); `volume`: today's volume in place of open
            interest, a scenario; a `PositionBook`: your own. None takes `naive` for indices and ETFs and `short-all`
            for single stocks.
        zero_dte_volume: In what expires today, the share of the position that is today's volume, the rest being open
            interest: 0 to 1, a scenario.
        signed_volume: What dealers bought (+) and sold (-) today, by contract, as trades told it; None for nothing.
        signed_share: The share of it that is added to the positions: the rest is taken to open nothing.
        scale: Dealers hold this multiple of what the model says: a calibration, named in every report it acts on.
        vol: Where volatility comes from. `reimplied`: total standard deviation from out-of-the-money mids,
            linear in ln(K/F); `vendor`: the file's, as given; `vendor-fitted`: the file's, with each
            expiration's clock fitted to the file's own gamma; `per-contract`: each contract's own mid.
        dynamics: How volatility moves with spot: `sticky-strike`; `sticky-moneyness`, the smile moves along;
            `vol-beta`, every volatility by (S'/S)^`vol_beta`.
        vol_beta: d ln(sigma) / d ln(spot) of `vol-beta`.
        curve: Discount rates; flat 4% unless given.
        rate: With `dividend`, fixes the carry of every expiration: parity is not used.
        dividend: Continuous yield per year, with `rate`.
        exercise: `auto` prices American contracts with more than seven days left with early exercise, all others as
            European; `european` prices every contract as European.
        spot: The underlying's price at quote time, in place of the source's.
        at: Evaluate at this instant instead of the quote time (UTC).
        move_to: Re-price with the underlying here: forwards move with spot, volatility sticks to strikes.
        expirations: `all`, `0dte`, `next`, an ISO date, or `7d` for all within seven days.
        ladder: Half-width of the profile's ladder of spots, as a fraction of spot.
        band: The conventions that the bands vary; none for no bands.

    """

    positions: PositionsModel | PositionBook | None = None
    zero_dte_volume: float = 0.0
    signed_volume: PositionBook | None = None
    signed_share: float = 0.43
    scale: float = 1.0
    vol: VolatilitySource = "reimplied"
    dynamics: VolDynamics = "sticky-strike"
    vol_beta: float = -4.0
    curve: Curve = field(default_factory=Curve)
    rate: float | None = None
    dividend: float | None = None
    exercise: Exercise = "auto"
    spot: float | None = None
    at: dt.datetime | None = None
    move_to: float | None = None
    expirations: str = "all"
    ladder: float = 0.15
    band: tuple[Convention, ...] = CONVENTIONS

    def __post_init__(self) -> None:
        """Refuse values outside the documented choices.

        Raises:
            ValueError: Names the setting, what was given and what is accepted.

        """
        for name, value, choices in (
            ("positions", self.model, (None, "book", *get_args(PositionsModel))),
            ("vol", self.vol, get_args(VolatilitySource)),
            ("dynamics", self.dynamics, get_args(VolDynamics)),
            ("exercise", self.exercise, get_args(Exercise)),
        ):
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}; got {value!r}")
        if (self.rate is None) != (self.dividend is None):
            raise ValueError("rate and dividend fix the carry together: give both or neither")
        for name, price in (("spot", self.spot), ("move_to", self.move_to)):
            if price is not None and not 0 < price < float("inf"):
                raise ValueError(f"{name} must be a positive price, got {price!r}")
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError(f"at must carry a time zone, got {self.at.isoformat()}")
        if unknown := [each for each in self.band if each not in CONVENTIONS]:
            raise ValueError(f"band must hold only {', '.join(CONVENTIONS)}; got {unknown[0]!r}")
        for name, number, ok, accepted in (
            ("zero_dte_volume", self.zero_dte_volume, 0 <= self.zero_dte_volume <= 1, "from 0 to 1"),
            ("signed_share", self.signed_share, 0 <= self.signed_share <= 1, "from 0 to 1"),
            ("scale", self.scale, 0 < self.scale < float("inf"), "above 0"),
            ("vol_beta", self.vol_beta, -50 < self.vol_beta < 50, "between -50 and 50"),
            ("ladder", self.ladder, 0 < self.ladder < 1, "between 0 and 1"),
        ):
            if not ok:
                raise ValueError(f"{name} must lie {accepted}, got {number!r}")

    @property
    def model(self) -> PositionsModel | Literal["book"] | None:
        """The name of the positions; `book` for the user's own."""
        return "book" if isinstance(self.positions, PositionBook) else self.positions

    @property
    def positions_name(self) -> str | None:
        """The name of the positions' model, or of the user's own book."""
        return self.positions.name if isinstance(self.positions, PositionBook) else self.positions

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values."""
        own = self.positions if isinstance(self.positions, PositionBook) else None
        values = asdict(replace(self, positions=None, signed_volume=None))
        values["positions"] = own.as_dict() if own else self.positions
        values["signed_volume"] = self.signed_volume and self.signed_volume.as_dict()
        values["at"] = None if self.at is None else self.at.isoformat()
        return values

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever a setting does."""
        text = json.dumps(self.as_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
