/* The early-exercise boundary of an American put of strike 1 over its remaining life, in units of that life.
 *
 * Andersen, Lake and Offengenden (2016), "High-performance American option pricing", J. Computational Finance 20(1): the
 * boundary B(t), t the time to expiry, is the fixed point of B = exp(-(R - Q) t) N / D ("FP-A", their equations 33-37),
 * with H = ln(B / B(0+))^2 a polynomial in sqrt(t). Two things differ from the paper. The quadrature is smooth at both
 * ends (american_tables.h). And the fixed point is found by Newton's method on all points at once: the matrix costs no
 * further exponential, three or four steps are enough, and low volatilities, where the plain iteration swings for ever,
 * converge as well. A call is a put with spot and strike, rate and yield exchanged (McDonald and Schroder, 1998). */
#ifndef GEX_AMERICAN_BOUNDARY_H
#define GEX_AMERICAN_BOUNDARY_H

#include "american_tables.h"

/* What a contract's boundary in units of its strike depends on: rate and yield times years, sigma sqrt(years). */
typedef struct {
    double rate, yield, w;
} Carry;

typedef struct {
    double log_limit;     /* ln B(0+) */
    double depth[NODES];  /* ln B(0+) - ln B(zeta_i^2), positive */
} Boundary;

/* A Newton step below this fraction of the depth leaves an error of about its square. */
#define LAST_NEWTON 2e-5
/* No depth is a smaller part of w sqrt(t), or of the largest depth, than this: a step that wants to go there is lost. */
#define LEAST_DEPTH 0.05
/* With Q above R the finite equations have false solutions as well, which Newton's method may find from a distance: a few
 * plain iterations come first. Where it does not end, it starts again from many. */
enum { FIRST_PLAIN = 8, FIRST_ROUNDS = 18, PLAIN_ROUNDS = 25, NEWTON_ROUNDS = 18, CONTINUED_ROUNDS = 5 };

/* Relative difference of volatilities up to which one contract's boundary leads to another's. */
#define NEAR_VOLATILITY 0.2

#define EIGHT_PI 25.13274122871834590770

/* Rates that change no bit of a price, and whose ratios overflow. */
#define NO_CARRY 1e-100

/* Exercise is never better than waiting: its carry R - Q S is not positive wherever the put is in the money. */
INLINE int never_exercised(Carry c) { return c.rate <= NO_CARRY && c.yield >= c.rate - NO_CARRY; }

/* Rates and yields below zero for which exercise pays between two boundaries (Andersen and Lake, 2021): not priced. */
INLINE int has_two_boundaries(Carry c) { return c.rate < 0.0 && c.yield < c.rate; }

/* ln B(0+) = ln min(1, R / Q). */
static double log_exercise_limit(Carry c) { return c.yield > c.rate && c.rate > 0.0 ? log(c.rate / c.yield) : 0.0; }

/* ln B(0+) less ln of the boundary of a put without expiry (McKean, 1965): the largest depth there is. */
static double perpetual_depth(Carry c, double log_limit) {
    double m = 2.0 * c.rate / (c.w * c.w), n = 2.0 * (c.rate - c.yield) / (c.w * c.w) - 1.0;
    double root = sqrt(n * n + 4.0 * m);
    double power = n > 0.0 ? 0.5 * (n + root) : 2.0 * m / (root - n); /* minus the negative root */
    double depth = log_limit + log1p(1.0 / power);
    return depth < 200.0 ? depth : 200.0;
}

/* Near expiry the depth is w sqrt(t ln(...)) below the strike if R >= Q, else 0.639 w sqrt(t) (Evans, Kuske and Keller,
 * 2002), or the former where it is deeper still, as with R and Q nearly equal; far from expiry, that of the put without. */
static void first_boundary(Carry c, double log_limit, double largest, double depth[NODES]) {
    double carry = c.yield > c.rate ? 0.0 : (c.rate - c.yield) / c.w;
    for (int i = 0; i < NODES; i++) {
        double spread = c.w * tables.zeta[i], t = tables.zeta[i] * tables.zeta[i];
        double odds = 1.0 / (EIGHT_PI * t * carry * carry + 2.0 * EIGHT_PI * c.rate * c.rate * t * t + 1e-200);
        double early = spread * sqrt(log1p(odds)) + log_limit;
        if (c.yield > c.rate && early < 0.639 * spread) early = 0.639 * spread;
        depth[i] = largest * tanh(early / largest);
    }
}

INLINE double normal_cdf(double x) {
    TailRatio ratio = tail_ratio(fabs(x));
    double tail = fast_exp(-0.5 * x * x) * ratio.p / ratio.q;
    return x > 0.0 ? 1.0 - tail : tail;
}

/* Sums of the equation at each boundary point, and their derivatives by the logarithm of the boundary there. */
typedef struct {
    double cash[NODES], cash_slope[NODES];     /* N */
    double asset[NODES], asset_slope[NODES];   /* of D: the part with densities */
    double held[NODES];                        /* of D: the part with probabilities */
} Sums;

typedef struct {
    double density[POINTS][NODES], pull[POINTS][NODES], past[POINTS][NODES], depth[POINTS][NODES];
} PastPoints;

/* First terms: what exercise at expiry alone contributes. */
INLINE void add_expiry(Carry c, const double *log_boundary, Sums *sums) {
    double drift = c.rate - c.yield - 0.5 * c.w * c.w;
    INDEPENDENT
    for (int i = 0; i < NODES; i++) {
        double spread = c.w * tables.zeta[i], t = tables.zeta[i] * tables.zeta[i];
        double d = (log_boundary[i] + drift * t) / spread;
        double density = fast_exp(-0.5 * d * d) * INV_SQRT_2PI / spread;
        sums->cash[i] = sums->asset[i] = density;
        sums->cash_slope[i] = sums->asset_slope[i] = -density * d / spread;
        sums->held[i] = normal_cdf(d + spread);
    }
}

/* The density of reaching a past boundary point, its derivative, and that point, for all pairs of points. */
INLINE void find_past(Carry c, double log_limit, const double *depth, PastPoints *past) {
    double square[NODES], drift = c.rate - c.yield - 0.5 * c.w * c.w, inv_w = 1.0 / c.w;
    for (int j = 0; j < NODES; j++) square[j] = depth[j] * depth[j];
    for (int k = 0; k < POINTS; k++) {
        double sine = tables.sine[k], cosine = tables.cosine[k], weight = 2.0 * cosine * tables.weight[k] * inv_w;
        INDEPENDENT
        for (int i = 0; i < NODES; i++) {
            double zeta = tables.zeta[i], t = zeta * zeta, h = 0.0;
            for (int j = 0; j < NODES; j++) h += tables.by_node[k][j][i] * square[j];
            double y = sqrt(h > 1e-290 ? h : 1e-290), inv_spread = inv_w / (zeta * sine);
            double d = (y - depth[i] + drift * t * sine * sine) * inv_spread;
            double g = fast_exp(c.rate * t * cosine * cosine - 0.5 * d * d) * (INV_SQRT_2PI * weight * zeta);
            past->density[k][i] = g;
            past->pull[k][i] = g * d * inv_spread;
            past->depth[k][i] = y;
            past->past[k][i] = fast_exp(log_limit - y);
        }
    }
}

INLINE void add_cash(Carry c, const PastPoints *past, Sums *sums) {
    for (int k = 0; k < POINTS; k++)
        for (int i = 0; i < NODES; i++) {
            sums->cash[i] += c.rate * past->density[k][i];
            sums->cash_slope[i] -= c.rate * past->pull[k][i];
        }
}

INLINE void add_asset(Carry c, const double *depth, const PastPoints *past, Sums *sums) {
    double drift = c.rate - c.yield + 0.5 * c.w * c.w;
    for (int k = 0; k < POINTS; k++) {
        double sine = tables.sine[k], cosine = tables.cosine[k], weight = 2.0 * sine * cosine * tables.weight[k];
        INDEPENDENT
        for (int i = 0; i < NODES; i++) {
            double zeta = tables.zeta[i], t = zeta * zeta;
            double d = (past->depth[k][i] - depth[i] + drift * t * sine * sine) / (c.w * zeta * sine);
            double scale = c.yield * past->past[k][i];
            sums->asset[i] += scale * past->density[k][i];
            sums->asset_slope[i] -= scale * past->pull[k][i];
            sums->held[i] += c.yield * weight * t * fast_exp(c.yield * t * cosine * cosine) * normal_cdf(d);
        }
    }
}

/* One step's linear system. */
typedef struct {
    double matrix[NODES][NODES], residual[NODES];
    double own[NODES], by_cash[NODES], by_asset[NODES]; /* what the matrix is made of */
} Linear;

/* The residual of ln B = ln(exp(-(R - Q) t) N / D): the step of the plain iteration. */
INLINE void find_residual(Carry c, const double *log_boundary, const Sums *sums, Linear *out) {
    INDEPENDENT
    for (int i = 0; i < NODES; i++) {
        double t = tables.zeta[i] * tables.zeta[i];
        double forward = fast_exp((c.yield - c.rate) * t), lift = forward * fast_exp(-log_boundary[i]);
        double divisor = lift * sums->asset[i] + sums->held[i];
        out->by_cash[i] = c.rate / sums->cash[i];
        out->by_asset[i] = c.yield * lift / divisor;
        out->own[i] = 1.0 - sums->cash_slope[i] / sums->cash[i] + lift * sums->asset_slope[i] / divisor;
        out->residual[i] = log_boundary[i] - log_ratio(forward * sums->cash[i], divisor);
    }
}

/* Its matrix by the depths. Since the derivatives of the probabilities and of 1 / B cancel, only those of the densities
 * are left. */
INLINE void find_matrix(const double *depth, const PastPoints *past, Linear *out) {
    double pull[POINTS][NODES];
    for (int k = 0; k < POINTS; k++) {
        INDEPENDENT
        for (int i = 0; i < NODES; i++)
            pull[k][i] = past->pull[k][i] * (out->by_cash[i] - out->by_asset[i] * past->past[k][i]) / past->depth[k][i];
    }
    for (int i = 0; i < NODES; i++) {
        double row[NODES] = {0.0};
        for (int k = 0; k < POINTS; k++)
            for (int j = 0; j < NODES; j++) row[j] -= pull[k][i] * tables.by_point[k][i][j];
        for (int j = 0; j < NODES; j++) out->matrix[i][j] = row[j] * depth[j];
        out->matrix[i][i] += out->own[i];
    }
}

/* Gaussian elimination in place; the matrix is near enough to triangular that no rows need exchanging. The residual
 * becomes the solution. */
INLINE void eliminate(Linear *system) {
    for (int p = 0; p < NODES; p++) {
        double inv = 1.0 / system->matrix[p][p], right = system->residual[p] * inv, pivot[NODES];
        for (int j = 0; j < NODES; j++) pivot[j] = system->matrix[p][j] * inv;
        for (int i = 0; i < NODES; i++) {
            double factor = system->matrix[i][p];
            for (int j = 0; j < NODES; j++) system->matrix[i][j] -= factor * pivot[j];
            system->residual[i] -= factor * right;
        }
        for (int j = 0; j < NODES; j++) system->matrix[p][j] = pivot[j];
        system->residual[p] = right;
    }
}

/* Take the step, kept between the limits of the depth; return its largest size in units of the depth. */
INLINE double take_step(Carry c, const double *step, double largest, double *depth) {
    double size = 0.0;
    for (int i = 0; i < NODES; i++) {
        double spread = c.w * tables.zeta[i], least = LEAST_DEPTH * (spread < largest ? spread : largest);
        double next = depth[i] + step[i], change = fabs(next - depth[i]) / depth[i];
        if (!(next > least)) next = least, change = 1.0;
        if (next > largest) next = largest, change = fabs(next - depth[i]) / depth[i];
        size = change > size ? change : size;
        depth[i] = next;
    }
    return size;
}

/* The boundary only rises towards expiry; solutions of the finite equations that do not are not solutions of Kim's. */
INLINE int is_monotone(const double *depth) {
    int falls = 0;
    for (int i = 1; i < NODES; i++) falls += depth[i] > depth[i - 1] * (1.0 + 1e-2);
    return falls == 0;
}

/* One step on all points, by the plain iteration or by Newton's method; returns its size. */
INLINE double improve(Carry c, int plain, double largest, Boundary *b) {
    double log_boundary[NODES];
    Linear system;
    PastPoints past;
    Sums sums;
    for (int i = 0; i < NODES; i++) log_boundary[i] = b->log_limit - b->depth[i];
    add_expiry(c, log_boundary, &sums);
    find_past(c, b->log_limit, b->depth, &past);
    add_cash(c, &past, &sums);
    if (c.yield != 0.0) add_asset(c, b->depth, &past, &sums);
    find_residual(c, log_boundary, &sums, &system);
    if (!plain) {
        find_matrix(b->depth, &past, &system);
        eliminate(&system);
    }
    return take_step(c, system.residual, largest, b->depth);
}

/* Iterate from the depths in `b`, so many times by the plain iteration, then by Newton's method; 0 if that does not end. */
MULTIVERSION int iterate(Carry c, int plain, int rounds, double largest, Boundary *b) {
    for (int round = 0; round < rounds; round++)
        if (improve(c, round < plain, largest, b) < LAST_NEWTON && round >= plain) return is_monotone(b->depth);
    return 0;
}

/* Solve for the boundary; 0 if it did not converge. The put must be one that is exercised, at one boundary. */
static int solve_boundary(Carry c, Boundary *out) {
    out->log_limit = log_exercise_limit(c);
    double largest = perpetual_depth(c, out->log_limit);
    first_boundary(c, out->log_limit, largest, out->depth);
    if (iterate(c, c.yield > c.rate ? FIRST_PLAIN : 0, FIRST_ROUNDS, largest, out)) return 1;
    first_boundary(c, out->log_limit, largest, out->depth);
    return iterate(c, PLAIN_ROUNDS, PLAIN_ROUNDS + NEWTON_ROUNDS, largest, out);
}

/* The same from the boundary of a contract of nearly the same volatility, where that is so: two steps are enough then. Not
 * with Q above R, for fear of false solutions. */
static int continue_boundary(Carry c, Carry from, const Boundary *known, Boundary *out) {
    double ratio = c.w / from.w;
    if (from.rate == c.rate && from.yield == c.yield && c.yield <= c.rate && fabs(ratio - 1.0) < NEAR_VOLATILITY) {
        out->log_limit = known->log_limit;
        for (int i = 0; i < NODES; i++) out->depth[i] = ratio * known->depth[i];
        if (iterate(c, 0, CONTINUED_ROUNDS, perpetual_depth(c, out->log_limit), out)) return 1;
    }
    return solve_boundary(c, out);
}

#endif
