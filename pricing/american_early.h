/* What the right to exercise early adds to European options: one boundary a contract, solved once, for any spot. */
#ifndef GEX_AMERICAN_EARLY_H
#define GEX_AMERICAN_EARLY_H

#include "american_profile.h"

/* NEVER_EARLY: exercise before expiry never pays, or is too far away to. UNSOLVED: two boundaries, none found, or no
 * contract. */
typedef enum { NEVER_EARLY, EARLY, UNSOLVED } EarlyState;

typedef struct {
    Contract contract; /* but for the spot */
    int is_call;
    EarlyState state;
    Boundary boundary;
    Premium premium;
} Early;

/* The spots that figures will be asked for. */
typedef struct {
    double low, high;
} Range;

static EarlyState find_early(Contract c, Carry carry, int is_call, Range spots, const Early *neighbour, Early *out) {
    if (!is_valid(c, carry.w) || has_two_boundaries(carry)) return UNSOLVED;
    double nearest = is_call ? -log_ratio(spots.high, c.strike) : log_ratio(spots.low, c.strike);
    if (never_exercised(carry) || is_far(carry, nearest)) return NEVER_EARLY;
    int found = neighbour ? continue_boundary(carry, neighbour->premium.carry, &neighbour->boundary, &out->boundary)
                          : solve_boundary(carry, &out->boundary);
    if (!found) return UNSOLVED;
    prepare_premium(carry, &out->boundary, &out->premium);
    return EARLY;
}

/* The columns: strike, years, sigma, rate, dividend. The last contract solved of the same side, in a chain of the same
 * expiration, leads to the next. */
static void solve_early_rows(Py_ssize_t n, const Input in[5], const unsigned char *is_call, Py_ssize_t flags, Range spots,
                             Early *out) {
    const Early *last[2] = {NULL, NULL};
    for (Py_ssize_t i = 0; i < n; i++) {
        Contract c = {1.0,
                      input_at(in[0], i),
                      input_at(in[1], i),
                      input_at(in[2], i),
                      input_at(in[3], i),
                      input_at(in[4], i)};
        int call = is_call[flags == 1 ? 0 : i] != 0;
        out[i].state = find_early(c, carry_of(c, call), call, spots, last[call], &out[i]);
        out[i].contract = c, out[i].is_call = call;
        if (out[i].state == EARLY) last[call] = &out[i];
    }
}

/* The same contract `elapsed` years on. A boundary depends on the time left alone: it is the same curve, cut short. */
static void age_early(const Early *in, double elapsed, Early *out) {
    out->contract = in->contract, out->is_call = in->is_call, out->state = in->state;
    out->contract.years -= elapsed;
    if (in->state != EARLY) return;
    double root = sqrt(out->contract.years / in->contract.years);
    out->boundary.log_limit = in->boundary.log_limit;
    for (int i = 0; i < NODES; i++) {
        double row[NODES], square = 0.0;
        interpolation_row(tables.zeta[i] * root, row);
        for (int j = 0; j < NODES; j++) square += row[j] * in->boundary.depth[j] * in->boundary.depth[j];
        out->boundary.depth[i] = sqrt(square > 1e-290 ? square : 1e-290);
    }
    prepare_premium(carry_of(out->contract, out->is_call), &out->boundary, &out->premium);
}

/* What early exercise adds to the European price, delta and gamma at one spot. */
static Value early_value(const Early *e, double spot) {
    Value nothing = {0.0, 0.0, 0.0};
    Contract c = e->contract;
    c.spot = spot;
    double log_spot = log_ratio(spot, c.strike), sign = e->is_call ? 1.0 : -1.0;
    if (e->state != EARLY || is_far(e->premium.carry, -sign * log_spot)) return nothing;
    double x = -sign * log_spot - e->premium.log_boundary;
    if (x <= 0.0) {
        Greeks g = greeks_of(c, sign);
        Value exercised = {sign * (spot - c.strike) - g.price, sign - g.delta, -g.gamma};
        return exercised;
    }
    double ratio = e->is_call ? c.strike / spot : spot / c.strike;
    Value premium = premium_value(&e->premium, x, ratio);
    premium.price = premium.price > 0.0 ? premium.price : 0.0;
    return of_contract(c, e->is_call, ratio, premium);
}

/* The same contract at another volatility, for figures at one spot. */
static void bump_early(const Early *in, double factor, double spot, Early *out) {
    out->contract = in->contract, out->is_call = in->is_call;
    out->contract.sigma *= factor;
    Carry carry = carry_of(out->contract, out->is_call);
    double log_spot = log_ratio(spot, in->contract.strike);
    out->state = NEVER_EARLY;
    if (is_far(carry, in->is_call ? -log_spot : log_spot)) return;
    out->state = UNSOLVED;
    if (!continue_boundary(carry, in->premium.carry, &in->boundary, &out->boundary)) return;
    prepare_premium(carry, &out->boundary, &out->premium);
    out->state = EARLY;
}

/* What early exercise adds to d delta / d sigma, by a central difference; nothing where a boundary is not found. */
static void early_vannas(Py_ssize_t n, const Early *early, double spot, double bump, double *out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        Early up, down;
        out[i] = 0.0;
        if (early[i].state != EARLY) continue;
        bump_early(&early[i], 1.0 + bump, spot, &up);
        bump_early(&early[i], 1.0 - bump, spot, &down);
        if (up.state == EARLY && down.state == EARLY)
            out[i] = (early_value(&up, spot).delta - early_value(&down, spot).delta) /
                     (2.0 * bump * early[i].contract.sigma);
    }
}

/* The outputs: price, delta, gamma, one entry for each of `rows`, numbers of contracts. */
static void early_values(Py_ssize_t n, const int64_t *rows, const Early *early, double spot, double *const out[3]) {
    for (Py_ssize_t i = 0; i < n; i++) {
        Value value = early_value(&early[rows[i]], spot);
        out[0][i] = value.price, out[1][i] = value.delta, out[2][i] = value.gamma;
    }
}

/* What it adds to gamma alone. */
static double early_gamma(const Early *e, double spot) {
    Contract c = e->contract;
    c.spot = spot;
    double log_spot = log_ratio(spot, c.strike), sign = e->is_call ? 1.0 : -1.0;
    if (e->state != EARLY || is_far(e->premium.carry, -sign * log_spot)) return 0.0;
    double x = -sign * log_spot - e->premium.log_boundary;
    if (x <= 0.0) return -greeks_of(c, sign).gamma;
    double ratio = e->is_call ? c.strike / spot : spot / c.strike;
    Value premium = {0.0, 0.0, premium_gamma(&e->premium, x, ratio)};
    return of_contract(c, e->is_call, ratio, premium).gamma;
}

static double early_gamma_sum(Py_ssize_t n, const int64_t *rows, const Early *early, const double *weight, double spot) {
    double sum = 0.0;
    for (Py_ssize_t i = 0; i < n; i++) sum += weight[i] * early_gamma(&early[rows[i]], spot);
    return sum;
}

/* Add weight * spot * what early exercise adds to gamma, at every spot. */
static void add_early(const Early *e, double weight, LogSpots spots, double *out) {
    if (e->state != EARLY || weight == 0.0) return;
    double log_strike = log_ratio(e->contract.strike, spots.reference);
    Alive alive = add_premium_gamma(&e->premium, weight, log_strike, e->is_call, spots, out);
    add_european(e->contract, -weight, log_strike, 0, alive.first, spots, out);
    add_european(e->contract, -weight, log_strike, alive.end, spots.count, spots, out);
}

static void early_profile_rows(Py_ssize_t n, const int64_t *rows, const Early *early, const double *weight, LogSpots spots,
                               double *out) {
    for (Py_ssize_t i = 0; i < n; i++) add_early(&early[rows[i]], weight[i], spots, out);
}

#endif
