/* sum_j weight_j gamma_j(S) of American options over a ladder of spots: one boundary per contract, used at every spot.
 *
 * Off the boundary, gamma is the European Gaussian, in full, and the premium's gamma, which is smooth in ln S: its
 * integral is evaluated at Chebyshev points between the boundary and where it vanishes, and interpolated between. */
#ifndef GEX_AMERICAN_PROFILE_H
#define GEX_AMERICAN_PROFILE_H

#include "american_value.h"
#include "book.h"
#include "search.h"

/* Chebyshev points of the premium's gamma. */
enum { KNOTS = 24 };

/* So many standard deviations above the highest boundary, the premium's gamma is below 1e-7 of the peak. */
#define PREMIUM_REACH 6.0

typedef struct {
    double point[KNOTS];                 /* cos((2 i + 1) pi / (2 KNOTS)) */
    double to_coefficient[KNOTS][KNOTS]; /* [point][coefficient] */
} KnotTables;

static KnotTables knots;

static void fill_knot_tables(void) {
    for (int i = 0; i < KNOTS; i++) {
        double angle = HALF_PI * (2 * i + 1) / KNOTS;
        knots.point[i] = cos(angle);
        for (int k = 0; k < KNOTS; k++) knots.to_coefficient[i][k] = (k ? 2.0 : 1.0) / KNOTS * cos(k * angle);
    }
}

/* S^2 times the premium's gamma, over K S for a put and S^2 for a call: what adds to gamma S in units of either. */
MULTIVERSION void premium_gammas(const Premium *p, int n, const double *x, int is_call, double *out) {
    double rate = p->carry.rate, yield = p->carry.yield, now = rate - yield * p->boundary;
    double tilt = is_call ? 0.0 : 1.0;
    INDEPENDENT
    for (int i = 0; i < n; i++) {
        LineIntegrals line = line_integrals(x[i], p->line, p->carry.w);
        double sum = rate * line.level + now * line.slope;
        for (int k = 0; k < PREMIUM_POINTS; k++) {
            double u = x[i] * p->inv_spread[k], d = u + p->shift[k], e = u + p->line_shift[k];
            double density = p->density[k] * fast_exp(-0.5 * d * d);
            double lined = p->line_density[k] * fast_exp(-0.5 * e * e);
            sum += density * (rate + (rate - yield * p->past[k]) * d * p->inv_spread[k]) -
                   lined * (rate + now * e * p->inv_spread[k]);
        }
        out[i] = sum * fast_exp(-tilt * (x[i] + p->log_boundary));
    }
}

/* Polynomial on [low, high] by its Chebyshev coefficients. */
typedef struct {
    double low, high, coefficient[KNOTS];
} Interpolant;

static void fit_premium(const Premium *p, int is_call, Interpolant *out) {
    double x[KNOTS], value[KNOTS];
    for (int i = 0; i < KNOTS; i++) x[i] = out->low + (0.5 + 0.5 * knots.point[i]) * (out->high - out->low);
    premium_gammas(p, KNOTS, x, is_call, value);
    for (int k = 0; k < KNOTS; k++) out->coefficient[k] = 0.0;
    for (int i = 0; i < KNOTS; i++)
        for (int k = 0; k < KNOTS; k++) out->coefficient[k] += value[i] * knots.to_coefficient[i][k];
}

/* Spots that go through the recurrence side by side, enough of them that none waits for the last. */
enum { SIDE_BY_SIDE = 32 };

/* weight times the polynomial at y = scale log_spot + shift in [-1, 1], by Clenshaw's recurrence. */
INLINE void clenshaw(const double coefficient[KNOTS], double weight, double scale, double shift, const double *log_spot,
                     double *sum) {
    double y[SIDE_BY_SIDE], a[SIDE_BY_SIDE], b[SIDE_BY_SIDE];
    for (int i = 0; i < SIDE_BY_SIDE; i++)
        y[i] = scale * log_spot[i] + shift, a[i] = coefficient[KNOTS - 1], b[i] = 0.0;
    for (int k = KNOTS - 2; k > 0; k--)
        for (int i = 0; i < SIDE_BY_SIDE; i++) {
            double next = coefficient[k] + 2.0 * y[i] * a[i] - b[i];
            b[i] = a[i], a[i] = next;
        }
    for (int i = 0; i < SIDE_BY_SIDE; i++) sum[i] = weight * (coefficient[0] + y[i] * a[i] - b[i]);
}

/* Add weight times the polynomial at x = sign log_spot - origin. */
MULTIVERSION void add_premium(const Interpolant *f, double weight, double sign, double origin, Py_ssize_t n,
                              const double *log_spot, double *out) {
    double scale = 2.0 / (f->high - f->low), shift = -1.0 - scale * (f->low + origin), sum[SIDE_BY_SIDE];
    for (Py_ssize_t start = 0; start < n; start += SIDE_BY_SIDE) {
        Py_ssize_t rest = n - start < SIDE_BY_SIDE ? n - start : SIDE_BY_SIDE;
        double some[SIDE_BY_SIDE];
        for (Py_ssize_t i = 0; i < SIDE_BY_SIDE; i++) some[i] = log_spot[start + (i < rest ? i : rest - 1)];
        clenshaw(f->coefficient, weight, scale * sign, shift, some, sum);
        for (Py_ssize_t i = 0; i < rest; i++) out[start + i] += sum[i];
    }
}

MULTIVERSION void add_bell(double scale, double center, double inv_w, Py_ssize_t n, const double *log_spot, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        double d = center + log_spot[i] * inv_w;
        out[i] += scale * fast_exp(-0.5 * d * d);
    }
}

/* Spots in ascending order, as ln(spot / reference). */
typedef struct {
    Py_ssize_t count;
    double reference;
    const double *log_spot;
} LogSpots;

/* x = sign log_spot - origin of the spots that are not beyond the boundary, and their range of indices. */
typedef struct {
    double sign, origin;
    Py_ssize_t first, end;
} Alive;

INLINE Alive alive_spots(LogSpots spots, double sign, double origin) {
    Py_ssize_t edge = count_below(spots.count, spots.log_spot, sign * origin);
    Alive alive = {sign, origin, sign > 0.0 ? edge : 0, sign > 0.0 ? spots.count : edge};
    return alive;
}

static void add_early_exercise(const Premium *p, double weight, LogSpots spots, Alive alive, double reach, double *out) {
    if (alive.first >= alive.end) return;
    double one = alive.sign * spots.log_spot[alive.first] - alive.origin;
    double other = alive.sign * spots.log_spot[alive.end - 1] - alive.origin;
    double low = fmax(fmin(one, other), 0.0), high = fmin(fmax(one, other), reach);
    if (low >= reach) return;
    Interpolant f = {low, fmax(high, low + 1e-3 * p->carry.w), {0}};
    fit_premium(p, alive.sign < 0.0, &f);
    Py_ssize_t first = alive.first, end = alive.end;
    Py_ssize_t edge = count_below(spots.count, spots.log_spot, alive.sign * (alive.origin + reach));
    if (alive.sign > 0.0 && edge < end) end = edge;
    if (alive.sign < 0.0 && edge > first) first = edge;
    if (first < end) add_premium(&f, weight, alive.sign, alive.origin, end - first, spots.log_spot + first, out + first);
}

/* Add weight * European gamma * spot at the spots of a range; `log_strike` is ln(strike / reference). */
static void add_european(Contract c, double weight, double log_strike, Py_ssize_t first, Py_ssize_t end, LogSpots spots,
                         double *out) {
    double w = c.sigma * sqrt(c.years), inv_w = 1.0 / w;
    double scale = weight * fast_exp(-c.dividend * c.years) * (inv_w * INV_SQRT_2PI);
    double center = ((c.rate - c.dividend) * c.years - log_strike) * inv_w + 0.5 * w;
    add_bell(scale, center, inv_w, end - first, spots.log_spot + first, out + first);
}

/* Add weight * the premium's gamma * spot; return the spots that are not beyond the boundary, all where none is near. */
static Alive add_premium_gamma(const Premium *p, double weight, double log_strike, int is_call, LogSpots spots,
                               double *out) {
    Carry carry = p->carry;
    double drift = carry.rate - carry.yield - 0.5 * carry.w * carry.w, sign = is_call ? -1.0 : 1.0;
    double reach = log_exercise_limit(carry) - p->log_boundary + PREMIUM_REACH * carry.w + fmax(-drift, 0.0);
    Alive alive = alive_spots(spots, sign, sign * log_strike + p->log_boundary);
    add_early_exercise(p, weight, spots, alive, reach, out);
    return alive;
}

/* Add one contract's weight * gamma * spot; 0 if it cannot be priced. */
static int add_contract(Contract c, double weight, int is_call, LogSpots spots, PremiumCache *cache, double *out) {
    Carry carry = carry_of(c, is_call);
    if (weight == 0.0) return 1;
    if (!is_valid(c, carry.w) || !(fabs(weight) < INFINITY) || has_two_boundaries(carry)) return 0;
    double log_strike = log_ratio(c.strike, spots.reference), sign = is_call ? -1.0 : 1.0;
    double nearest = sign * (spots.log_spot[is_call ? spots.count - 1 : 0] - log_strike);
    Alive alive = {sign, 0.0, 0, spots.count};
    if (!never_exercised(carry) && !is_far(carry, nearest)) {
        const Premium *p = find_premium(carry, cache);
        if (!p) return 0;
        alive = add_premium_gamma(p, weight, log_strike, is_call, spots, out);
    }
    add_european(c, weight, log_strike, alive.first, alive.end, spots, out);
    return 1;
}

/* The columns: strike, years, sigma, weight, rate, dividend. Returns the first row that cannot be priced, or n. */
static Py_ssize_t american_profile_rows(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                                        LogSpots spots, double *out) {
    PremiumCache cache;
    empty_cache(&cache);
    for (Py_ssize_t i = 0; i < n; i++) {
        Contract c = {spots.reference,    input_at(in[0], i), input_at(in[1], i),
                      input_at(in[2], i), input_at(in[4], i), input_at(in[5], i)};
        if (!add_contract(c, input_at(in[3], i), is_call[flags == 1 ? 0 : i], spots, &cache, out)) return i;
    }
    return n;
}

#endif
