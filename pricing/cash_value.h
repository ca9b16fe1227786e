/* Price, delta and gamma of a solved contract at any spot: the European option on S*, the premium between the nodes of
 * its grid, and what was taken off the grid. */
#ifndef GEX_CASH_VALUE_H
#define GEX_CASH_VALUE_H

#include "american_value.h"
#include "cash_solve.h"

/* The polynomial through six nodes, by even and odd powers of t, which is 0 in their middle. */
typedef struct {
    double even[3], odd[3];
} Sextic;

INLINE Sextic sextic_through(const double *v) {
    double even1 = 0.5 * (v[2] + v[3]), even2 = 0.25 * (v[1] + v[4]) - 0.5 * even1, even3 = 0.125 * (v[0] + v[5] - v[1] - v[4]);
    double odd1 = v[3] - v[2], third = (v[4] - v[1]) * (1.0 / 3.0);
    double odd2 = 0.5 * (third - odd1), odd3 = 0.25 * (0.2 * (v[5] - v[0]) - third);
    even3 = (even3 - even2) * (1.0 / 6.0), odd3 = (odd3 - odd2) * (1.0 / 6.0);
    even2 -= 2.5 * even3, odd2 -= 2.5 * odd3;
    even1 -= 0.25 * even2 + 0.0625 * even3, odd1 -= 0.25 * odd2 + 0.0625 * odd3;
    Sextic p = {{even1, even2, even3}, {odd1, odd2, odd3}};
    return p;
}

/* The first of the six nodes around z steps from node 0, all of them on the near side of the boundary; -1 where exercise
 * is due or z lies beyond the grid. */
INLINE int stencil_at(const Solution *s, double z) {
    if (z < 0.0 || z >= GRID - 1.0 || (s->edge >= 0.0 && z <= s->edge + 1.0 - s->share)) return -1;
    int first = (int)z - 2, least = (int)s->edge + 1, most = GRID - 6;
    first = first > least ? first : least;
    return first < most ? first : most;
}

/* Deep in the money: whether it is better to wait for the best time to exercise than to exercise now. */
INLINE int waits_at(const Solution *s, double star) {
    return s->cash - s->now_cash + (s->asset - s->now_asset) * star > 0.0;
}

/* A call that is due is held all the same where the European one is worth more than exercise, as any American is worth that
 * at least: near no interest at all, a dividend of less than what the put would cost is not worth the right to wait. */
static int held_at(const Solution *s, double star) {
    Contract c = s->contract;
    c.spot = star * c.strike;
    return s->sign < 0.0 && greeks_of(c, 1.0).price > c.strike * (star + s->escrow - 1.0);
}

/* The premium in strikes at x = ln S*, and its derivatives by x; NaN where the contract is exercised. */
static Removed premium_at(const Solution *s, double x, double star) {
    double z = s->sign * (x - s->start) / s->step, slope = s->sign / s->step, tail = s->asset * star;
    Removed out = {0.0, 0.0, 0.0}, straight = {s->cash + tail, tail, tail}, exercised = {NAN, NAN, NAN};
    int first = stencil_at(s, z);
    if (z >= GRID - 1.0) return out;
    if (first < 0) return waits_at(s, star) ? straight : held_at(s, star) ? out : exercised;
    Sextic p = sextic_through(s->premium + first);
    double t = z - first - 2.5, t2 = t * t;
    out.value = p.even[0] + t2 * (p.even[1] + t2 * p.even[2]) + t * (p.odd[0] + t2 * (p.odd[1] + t2 * p.odd[2]));
    out.slope = t * (2.0 * p.even[1] + 4.0 * t2 * p.even[2]) + p.odd[0] + t2 * (3.0 * p.odd[1] + 5.0 * t2 * p.odd[2]);
    out.bend = 2.0 * p.even[1] + 12.0 * t2 * p.even[2] + t * (6.0 * p.odd[1] + 20.0 * t2 * p.odd[2]);
    out.slope *= slope, out.bend *= slope * slope;
    return out;
}

/* What was taken off the grid, as it is now; derivatives by x. */
INLINE Removed kink_at(const Solution *s, double x) {
    double drift = (s->contract.rate - s->contract.dividend - 0.5 * s->contract.sigma * s->contract.sigma) * s->until;
    double z = s->at - s->sign * (x + drift - s->start), factor = fast_exp(-s->contract.rate * s->until);
    Removed k = removed_at(s->slope, s->bend, s->twist, s->width, z, s->contract.sigma * sqrt(s->until));
    k.value *= factor, k.slope *= -s->sign * factor, k.bend *= factor;
    return k;
}

INLINE int has_kink(const Solution *s) { return (s->slope != 0.0) | (s->bend != 0.0); }

/* Price, delta and gamma at a spot in points; NaN if it is no more than the dividends are worth. */
static Value solution_value(const Solution *s, double spot) {
    Contract c = s->contract;
    double star = spot - s->escrow * c.strike;
    Value invalid = {NAN, NAN, NAN}, exercised = {s->sign * (c.strike - spot), -s->sign, 0.0};
    c.spot = star;
    if (s->kind == UNPRICED || !is_valid(c, c.sigma * sqrt(c.years))) return invalid;
    Greeks g = greeks_of(c, -s->sign);
    Value value = {g.price, g.delta, g.gamma};
    if (s->kind == EUROPEAN) return value;
    double x = log_ratio(star, c.strike), ratio = star / c.strike;
    Removed p = premium_at(s, x, ratio);
    if (p.value != p.value) return exercised;
    if (has_kink(s)) {
        Removed k = kink_at(s, x);
        p.value += k.value, p.slope += k.slope, p.bend += k.bend;
    }
    value.price += p.value > 0.0 ? c.strike * p.value : 0.0;
    value.delta += p.slope / ratio;
    value.gamma += (p.bend - p.slope) / (ratio * ratio * c.strike);
    if (value.price < exercised.price) value.price = exercised.price;
    return value;
}

#endif
