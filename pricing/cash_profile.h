/* Gamma of solved contracts over a ladder of spots. All that needs an exponential or a logarithm is done for blocks of
 * spots; then neighbours between the same two nodes share one polynomial. */
#ifndef GEX_CASH_PROFILE_H
#define GEX_CASH_PROFILE_H

#include "cash_value.h"

/* At each spot: steps from node 0, the European gamma, what turns u_xx - u_x into gamma, and that of the kink. */
typedef struct {
    double z[BLOCK], european[BLOCK], factor[BLOCK], kink[BLOCK];
} Spots;

MULTIVERSION void place_spots(const Solution *s, Py_ssize_t n, const double *spot, Spots *out) {
    Contract c = s->contract;
    double w = c.sigma * sqrt(c.years), inv_w = 1.0 / w, paid = s->escrow * c.strike, inv_step = s->sign / s->step;
    double shift = (c.rate - c.dividend) * c.years * inv_w + 0.5 * w, scale = INV_SQRT_2PI * inv_w * exp(-c.dividend * c.years);
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        double star = spot[i] - paid, x = log_ratio(star, c.strike), d1 = x * inv_w + shift, inv_star = 1.0 / star;
        out->z[i] = (x - s->start) * inv_step;
        out->european[i] = scale * fast_exp(-0.5 * d1 * d1) * inv_star;
        out->factor[i] = c.strike * inv_star * inv_star;
        out->kink[i] = 0.0;
    }
}

MULTIVERSION void place_kink(const Solution *s, Py_ssize_t n, Spots *out) {
    double step = s->sign * s->step;
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Removed k = kink_at(s, s->start + out->z[i] * step);
        out->kink[i] = k.bend - k.slope;
    }
}

/* Whether any spot of the block is near enough to the kink to feel it. */
static int feels_kink(const Solution *s, double one, double other) {
    Contract c = s->contract;
    double drift = s->sign * (c.rate - c.dividend - 0.5 * c.sigma * c.sigma) * s->until, at = (s->at - drift) / s->step;
    double reach = KINK_REACH * sqrt(s->width * s->width + c.sigma * c.sigma * s->until) / s->step;
    return has_kink(s) && fmin(one, other) < at + reach && fmax(one, other) > at - reach;
}

/* u_xx - u_x between two nodes, by powers of t = z - center. */
typedef struct {
    double center, c[5];
} Curvature;

static Curvature curvature_of(const Solution *s, int first) {
    Sextic p = sextic_through(s->premium + first);
    double bend = 1.0 / (s->step * s->step), slope = s->sign / s->step;
    Curvature out = {first + 2.5,
                     {2.0 * p.even[1] * bend - p.odd[0] * slope, 6.0 * p.odd[1] * bend - 2.0 * p.even[1] * slope,
                      12.0 * p.even[2] * bend - 3.0 * p.odd[1] * slope, 20.0 * p.odd[2] * bend - 4.0 * p.even[2] * slope,
                      -5.0 * p.odd[2] * slope}};
    return out;
}

MULTIVERSION void add_curved(const Curvature *curve, double weight, Py_ssize_t n, const Spots *at, Py_ssize_t from,
                             double *out) {
    Curvature p = *curve;
    INDEPENDENT
    for (Py_ssize_t i = from; i < n; i++) {
        double t = at->z[i] - p.center;
        double curved = p.c[0] + t * (p.c[1] + t * (p.c[2] + t * (p.c[3] + t * p.c[4])));
        out[i] += weight * (at->european[i] + at->factor[i] * (curved + at->kink[i]));
    }
}

/* Beyond the grid the premium is straight: only the European gamma is left, or nothing where exercise is due. */
static void add_straight(const Solution *s, double weight, Py_ssize_t n, const double *spot, const Spots *at, Py_ssize_t from,
                         double *out) {
    for (Py_ssize_t i = from; i < n; i++) {
        double star = spot[i] / s->contract.strike - s->escrow;
        if (at->z[i] >= GRID - 1.0 || waits_at(s, star) || held_at(s, star)) out[i] += weight * (at->european[i] + at->factor[i] * at->kink[i]);
    }
}

static void add_block(const Solution *s, double weight, Py_ssize_t n, const double *spot, double *out) {
    Spots at;
    place_spots(s, n, spot, &at);
    if (feels_kink(s, at.z[0], at.z[n - 1])) place_kink(s, n, &at);
    for (Py_ssize_t from = 0, end; from < n; from = end) {
        int first = stencil_at(s, at.z[from]);
        for (end = from + 1; end < n && stencil_at(s, at.z[end]) == first;) end++;
        if (first < 0) {
            add_straight(s, weight, end, spot, &at, from, out);
        } else {
            Curvature curve = curvature_of(s, first);
            add_curved(&curve, weight, end, &at, from, out);
        }
    }
}

/* Add weight times gamma at ascending spots; 0 if it cannot be priced at the first of them. */
static int add_gammas(const Solution *s, double weight, Py_ssize_t n, const double *spot, double *out) {
    Contract c = s->contract;
    double price = solution_value(s, spot[0]).price;
    if (!(fabs(weight) < INFINITY) || price != price) return 0;
    if (s->kind == SOLVED)
        for (Py_ssize_t i = 0; i < n; i += BLOCK) add_block(s, weight, block_length(n, i), spot + i, out + i);
    else
        for (Py_ssize_t i = 0; i < n; i++) {
            c.spot = spot[i] - s->escrow * c.strike;
            out[i] += weight * greeks_of(c, 1.0).gamma;
        }
    return 1;
}

/* The sum over contracts. Returns the first row that cannot be priced, or `count`. */
static Py_ssize_t cash_gammas(Py_ssize_t count, const Solution *solutions, Input weight, Py_ssize_t n, const double *spot,
                              double *out) {
    for (Py_ssize_t i = 0; i < count; i++)
        if (!add_gammas(&solutions[i], input_at(weight, i), n, spot, out)) return i;
    return count;
}

#endif
