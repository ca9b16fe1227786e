/* Price, delta and gamma of an American put of strike 1 from its boundary: the European put and the premium
 *
 *   integral of R exp(-R s) N(-d2) - Q S exp(-Q s) N(-d1) over the remaining life,  d = d(s, S / B(1 - s)),
 *
 * (Kim, 1990; Jamshidian, 1992; Carr, Jarrow and Myneni, 1992), whose derivatives by S are integrals of densities. Near the
 * boundary those densities become a spike at s = 0 that no fixed quadrature can see: the same integral for a boundary that
 * is a straight line in ln S with B's slope at s = 0 is known in closed form, and only the difference is integrated. */
#ifndef GEX_AMERICAN_VALUE_H
#define GEX_AMERICAN_VALUE_H

#include "american_boundary.h"
#include "greeks.h"

typedef struct {
    double price, delta, gamma;
} Value;

/* Everything about a premium that does not depend on spot. d2 = x inv_spread + shift, x = ln(S / B(1)). */
typedef struct {
    Carry carry;
    double log_boundary, boundary; /* B(1), the boundary now */
    double line;                   /* drift of x against the straight boundary */
    double inv_spread[PREMIUM_POINTS], spread[PREMIUM_POINTS], shift[PREMIUM_POINTS], line_shift[PREMIUM_POINTS];
    double density[PREMIUM_POINTS];      /* weight of exp(-R s) n(d2) in the density integrals; exp(-R s) apart below */
    double line_density[PREMIUM_POINTS]; /* the same without exp(-R s) */
    double past[PREMIUM_POINTS];         /* B(1 - s) */
    double mass[PREMIUM_POINTS];         /* weight of ds */
    double rate_factor[PREMIUM_POINTS], yield_factor[PREMIUM_POINTS]; /* exp(-R s), exp(-Q s) */
} Premium;

/* The drift may not vanish: the closed form divides by it. Any value serves, as it is subtracted and added. */
#define LEAST_LINE 1e-4

INLINE double line_drift(Carry c, const Boundary *b) {
    double slope = 0.0; /* of the squared depth by sqrt(t), now */
    for (int j = 0; j < NODES; j++) slope += tables.slope[j] * b->depth[j] * b->depth[j];
    double line = c.rate - c.yield - 0.5 * c.w * c.w - 0.25 * slope / b->depth[0];
    double least = LEAST_LINE * c.w;
    return fabs(line) > least ? line : least;
}

MULTIVERSION void prepare_premium(Carry c, const Boundary *b, Premium *out) {
    double square[NODES], drift = c.rate - c.yield - 0.5 * c.w * c.w, inv_w = 1.0 / c.w;
    for (int j = 0; j < NODES; j++) square[j] = b->depth[j] * b->depth[j];
    out->carry = c;
    out->log_boundary = b->log_limit - b->depth[0];
    out->boundary = fast_exp(out->log_boundary);
    out->line = line_drift(c, b);
    INDEPENDENT
    for (int k = 0; k < PREMIUM_POINTS; k++) {
        double sine = tables.premium_sine[k], cosine = tables.premium_cosine[k], s = sine * sine, h = 0.0;
        for (int j = 0; j < NODES; j++) h += tables.premium_by_node[j][k] * square[j];
        double depth = sqrt(h > 0.0 ? h : 0.0), inv_spread = inv_w / sine;
        double weight = 2.0 * tables.premium_weight[k] * cosine;
        out->spread[k] = c.w * sine;
        out->inv_spread[k] = inv_spread;
        out->shift[k] = (depth - b->depth[0] + drift * s) * inv_spread;
        out->line_shift[k] = out->line * s * inv_spread;
        out->past[k] = fast_exp(b->log_limit - depth);
        out->mass[k] = weight * sine;
        out->rate_factor[k] = fast_exp(-c.rate * s);
        out->yield_factor[k] = fast_exp(-c.yield * s);
        out->line_density[k] = weight * inv_w * INV_SQRT_2PI;
        out->density[k] = out->line_density[k] * out->rate_factor[k];
    }
}

/* Integrals over [0, 1] of n(e) / (w sqrt(s)) and of n(e) e / (w^2 s), e = (x + line s) / (w sqrt(s)). */
typedef struct {
    double level, slope;
} LineIntegrals;

INLINE LineIntegrals line_integrals(double x, double line, double w) {
    double inv_w = 1.0 / w, near = (x - line) * inv_w, far = (x + line) * inv_w;
    TailRatio near_ratio = tail_ratio(fabs(near));
    double tail = fast_exp(-0.5 * far * far) * near_ratio.p / near_ratio.q; /* exp(-2 x line / w^2) N(-|near|) */
    double hit = near > 0.0 ? tail : fast_exp(-2.0 * x * line * inv_w * inv_w) - tail;
    LineIntegrals out = {(hit - normal_cdf(-far)) / line, 2.0 * hit * inv_w * inv_w};
    return out;
}

/* The premium and its two derivatives, terms first so that the loop has no sum in it and vectorises. */
MULTIVERSION Value premium_value(const Premium *p, double x, double spot) {
    double rate = p->carry.rate, yield = p->carry.yield, now = rate - yield * p->boundary;
    double price[PREMIUM_POINTS], delta[PREMIUM_POINTS], gamma[PREMIUM_POINTS];
    INDEPENDENT
    for (int k = 0; k < PREMIUM_POINTS; k++) {
        double d2 = x * p->inv_spread[k] + p->shift[k], d1 = d2 + p->spread[k];
        double e = x * p->inv_spread[k] + p->line_shift[k];
        double gaussian = fast_exp(-0.5 * d2 * d2), lined = p->line_density[k] * fast_exp(-0.5 * e * e);
        TailRatio t1 = tail_ratio(fabs(d1)), t2 = tail_ratio(fabs(d2));
        double discounted = gaussian * p->rate_factor[k], inv_q = 1.0 / (t1.q * t2.q);
        double asset_tail = discounted * p->past[k] * (t1.p * t2.q * inv_q);
        double cash_tail = discounted * (t2.p * t1.q * inv_q);
        double asset = d1 > 0.0 ? asset_tail : spot * p->yield_factor[k] - asset_tail;
        double cash = d2 > 0.0 ? cash_tail : p->rate_factor[k] - cash_tail;
        double density = p->density[k] * gaussian, carry = rate - yield * p->past[k];
        price[k] = p->mass[k] * (rate * cash - yield * asset);
        delta[k] = density * carry - lined * now + p->mass[k] * yield * asset;
        gamma[k] = density * (rate + carry * d2 * p->inv_spread[k]) - lined * (rate + now * e * p->inv_spread[k]);
    }
    LineIntegrals line = line_integrals(x, p->line, p->carry.w);
    Value out = {0.0, now * line.level, rate * line.level + now * line.slope};
    for (int k = 0; k < PREMIUM_POINTS; k++)
        out.price += price[k], out.delta += delta[k], out.gamma += gamma[k];
    out.delta = -out.delta / spot;
    out.gamma = out.gamma / (spot * spot);
    return out;
}

/* The third of them alone, at half the cost. */
MULTIVERSION double premium_gamma(const Premium *p, double x, double spot) {
    double rate = p->carry.rate, yield = p->carry.yield, now = rate - yield * p->boundary, gamma[PREMIUM_POINTS];
    INDEPENDENT
    for (int k = 0; k < PREMIUM_POINTS; k++) {
        double u = x * p->inv_spread[k], d = u + p->shift[k], e = u + p->line_shift[k];
        double density = p->density[k] * fast_exp(-0.5 * d * d), lined = p->line_density[k] * fast_exp(-0.5 * e * e);
        gamma[k] = density * (rate + (rate - yield * p->past[k]) * d * p->inv_spread[k]) -
                   lined * (rate + now * e * p->inv_spread[k]);
    }
    LineIntegrals line = line_integrals(x, p->line, p->carry.w);
    double sum = rate * line.level + now * line.slope;
    for (int k = 0; k < PREMIUM_POINTS; k++) sum += gamma[k];
    return sum / (spot * spot);
}

/* The premium of the contract solved last: neighbours in a chain often share one, all strikes of one volatility do. Where
 * it `continues`, its boundary also leads to that of another volatility. */
typedef struct {
    Carry carry;
    int solved, continues; /* 0: none, or not converged */
    Boundary boundary;
    Premium premium;
} PremiumCache;

INLINE void empty_cache(PremiumCache *cache) {
    cache->carry = (Carry){NAN, NAN, NAN};
    cache->solved = cache->continues = 0;
}

static const Premium *find_premium(Carry c, PremiumCache *cache) {
    if (!(cache->carry.rate == c.rate && cache->carry.yield == c.yield && cache->carry.w == c.w)) {
        Boundary known = cache->boundary;
        cache->solved = cache->solved && cache->continues ? continue_boundary(c, cache->carry, &known, &cache->boundary)
                                                          : solve_boundary(c, &cache->boundary);
        cache->carry = c;
        if (cache->solved) prepare_premium(c, &cache->boundary, &cache->premium);
    }
    return cache->solved ? &cache->premium : NULL;
}

/* So many standard deviations from the highest boundary, exercise is worth less than 1e-12 of the strike. */
#define FAR_FROM_EXERCISE 7.2

INLINE int is_far(Carry c, double log_spot) {
    double drift = c.rate - c.yield - 0.5 * c.w * c.w;
    return log_spot - log_exercise_limit(c) + (drift < 0.0 ? drift : 0.0) > FAR_FROM_EXERCISE * c.w;
}

/* A put of strike 1. */
static Value put_value(Carry c, double spot, double log_spot, PremiumCache *cache) {
    Contract european = {spot, 1.0, 1.0, c.w, c.rate, c.yield};
    Greeks g = greeks_of(european, -1.0);
    Value value = {g.price, g.delta, g.gamma}, invalid = {NAN, NAN, NAN}, exercised = {1.0 - spot, -1.0, 0.0};
    if (has_two_boundaries(c)) return invalid;
    if (never_exercised(c) || is_far(c, log_spot)) return value;
    const Premium *premium = find_premium(c, cache);
    if (!premium) return invalid;
    double x = log_spot - premium->log_boundary;
    if (x <= 0.0) return exercised;
    Value early = premium_value(premium, x, spot);
    value.price += early.price > 0.0 ? early.price : 0.0;
    value.delta += early.delta;
    value.gamma += early.gamma;
    return value;
}

INLINE Carry carry_of(Contract c, int is_call) {
    double w = c.sigma * sqrt(c.years), rate = c.rate * c.years, yield = c.dividend * c.years;
    Carry put = {rate, yield, w}, call = {yield, rate, w};
    return is_call ? call : put;
}

/* Figures of a contract from those of its put of strike 1 at spot `ratio`. A call is `spot` puts of strike 1 on an asset
 * worth strike / spot. */
INLINE Value of_contract(Contract c, int is_call, double ratio, Value put) {
    Value as_put = {c.strike * put.price, put.delta, put.gamma / c.strike};
    Value as_call = {c.spot * put.price, put.price - ratio * put.delta, ratio * ratio * put.gamma / c.spot};
    return is_call ? as_call : as_put;
}

static Value american_value(Contract c, int is_call, PremiumCache *cache) {
    Value invalid = {NAN, NAN, NAN}, exercised = {c.strike - c.spot, -1.0, 0.0};
    Carry carry = carry_of(c, is_call);
    if (!is_valid(c, carry.w)) return invalid;
    if (is_call) exercised.price = c.spot - c.strike, exercised.delta = 1.0;
    double log_spot = log_ratio(c.spot, c.strike), ratio = is_call ? c.strike / c.spot : c.spot / c.strike;
    Value put = put_value(carry, ratio, is_call ? -log_spot : log_spot, cache);
    if (put.delta == -1.0 && put.gamma == 0.0) return exercised;
    Value out = of_contract(c, is_call, ratio, put);
    if (out.price < exercised.price) out.price = exercised.price;
    return out;
}

INLINE double input_at(Input in, Py_ssize_t i) { return in.values[in.length == 1 ? 0 : i]; }

INLINE Contract contract_of(const Input in[6], Py_ssize_t i) {
    Contract c = {input_at(in[0], i), input_at(in[1], i), input_at(in[2], i),
                  input_at(in[3], i), input_at(in[4], i), input_at(in[5], i)};
    return c;
}

/* The outputs: price, delta, gamma. */
static void american_rows(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                          double *const out[3]) {
    PremiumCache cache;
    empty_cache(&cache);
    for (Py_ssize_t i = 0; i < n; i++) {
        Value value = american_value(contract_of(in, i), is_call[flags == 1 ? 0 : i], &cache);
        out[0][i] = value.price, out[1][i] = value.delta, out[2][i] = value.gamma;
    }
}

#endif
