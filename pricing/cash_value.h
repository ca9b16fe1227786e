/* Price, delta and gamma of a solved contract at any spot: the European option on S*, the premium between the nodes of
 * its grid, and what was taken off the grid. */
#ifndef GEX_CASH_VALUE_H
#define GEX_CASH_VALUE_H

#include "american_value.h"
#include "cash_solve.h"

/* The polynomial through six nodes, the first one `first`, at z steps from node 0, and its derivatives by z. */
INLINE Removed interpolate(const double *u, int first, double z) {
    const double *v = u + first;
    double t = z - first - 2.5, s = t * t;
    double even1 = 0.5 * (v[2] + v[3]), even2 = 0.25 * (v[1] + v[4]) - 0.5 * even1, even3 = 0.125 * (v[0] + v[5] - v[1] - v[4]);
    double odd1 = v[3] - v[2], third = (v[4] - v[1]) * (1.0 / 3.0);
    double odd2 = 0.5 * (third - odd1), odd3 = 0.25 * (0.2 * (v[5] - v[0]) - third);
    even3 = (even3 - even2) * (1.0 / 6.0), odd3 = (odd3 - odd2) * (1.0 / 6.0);
    even2 -= 2.5 * even3, odd2 -= 2.5 * odd3;
    even1 -= 0.25 * even2 + 0.0625 * even3, odd1 -= 0.25 * odd2 + 0.0625 * odd3;
    Removed out;
    out.value = even1 + s * (even2 + s * even3) + t * (odd1 + s * (odd2 + s * odd3));
    out.slope = t * (2.0 * even2 + 4.0 * s * even3) + odd1 + s * (3.0 * odd2 + 5.0 * s * odd3);
    out.bend = 2.0 * even2 + 12.0 * s * even3 + t * (6.0 * odd2 + 20.0 * s * odd3);
    return out;
}

/* The premium in strikes and its derivatives by x = ln S*; NaN where the contract is exercised. Deep in the money it is
 * what exercise at the best time is worth, or exercise now. */
INLINE Removed premium_at(const Solution *s, double x, double star) {
    double z = s->sign * (x - s->start) / s->step, last = GRID - 1.0, inv_step = 1.0 / s->step;
    double deep = s->cash + s->asset * star, now = s->now_cash + s->now_asset * star;
    double inside = z > 0.0 ? (z < last ? z : last) : 0.0;
    int first = (int)inside - 2, least = (int)s->edge + 1, most = GRID - 6;
    first = first > least ? first : least;
    int is_deep = (z < 0.0) | ((s->edge >= 0.0) & (z <= s->edge + 1.0 - s->share)), is_far = z >= last;
    Removed p = interpolate(s->premium, first < most ? first : most, inside);
    p.value = is_deep ? (deep > now ? deep : NAN) : is_far ? 0.0 : p.value;
    p.slope = is_deep ? s->asset * star : is_far ? 0.0 : p.slope * s->sign * inv_step;
    p.bend = is_deep ? s->asset * star : is_far ? 0.0 : p.bend * inv_step * inv_step;
    return p;
}

/* What was taken off the grid, as it is now; derivatives by x. */
INLINE Removed kink_at(const Solution *s, double x) {
    double drift = (s->contract.rate - s->contract.dividend - 0.5 * s->contract.sigma * s->contract.sigma) * s->until;
    double z = s->at - s->sign * (x + drift - s->start), factor = exp(-s->contract.rate * s->until);
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

/* Add weight times gamma at ascending spots; returns 0 if it cannot be priced at the first of them. */
static int add_gammas(const Solution *s, double weight, Py_ssize_t n, const double *spot, double *out) {
    for (Py_ssize_t i = 0; i < n; i++) out[i] += weight * solution_value(s, spot[i]).gamma;
    return s->kind != UNPRICED;
}

#endif
