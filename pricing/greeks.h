/* Price and greeks of European options under Black, Scholes (1973) and Merton (1973), with continuous yields.
 *
 * The loops over rows are short enough that a processor has the next rows under way while one waits for its divisions
 * and exponentials: in a single loop over everything it does not look that far ahead. */
#ifndef GEX_GREEKS_H
#define GEX_GREEKS_H

#include "terms.h"

typedef struct {
    double price, delta, gamma, vega, theta, vanna, charm;
} Greeks;

/* d1, NaN where the row may not be priced, and 1 / (S sigma sqrt(t)). */
typedef struct {
    double d1, inv_spot_w;
} Standard;

INLINE Standard standard_of(Contract c, double root_t) {
    double w = c.sigma * root_t, inv_spot_w = 1.0 / (c.spot * w);
    double d1 = (log_ratio(c.spot, c.strike) + (c.rate - c.dividend) * c.years) * (c.spot * inv_spot_w) + 0.5 * w;
    Standard s = {are_priceable(c.spot, c.strike, w) ? d1 : NAN, inv_spot_w};
    return s;
}

/* exp(-q t) n(d1) / (S sigma sqrt(t)), as an exponent and a factor. */
INLINE double gamma_exponent(Contract c, double d1) {
    return are_moderate(c.years, c.rate, c.dividend) ? -0.5 * d1 * d1 - c.dividend * c.years : NAN;
}

INLINE double gamma_of(double exponent, double inv_spot_w) { return fast_exp(exponent) * (INV_SQRT_2PI * inv_spot_w); }

/* The two legs of the price, and the Gaussian they share with gamma: K exp(-r t) n(d2) = S exp(-q t) n(d1). Each normal
 * tail is that Gaussian times a ratio of polynomials, and the two ratios share a division. */
typedef struct {
    double gaussian, price, delta, cash;
} Legs;

INLINE Legs legs_of(Contract c, Terms t, double d1, double sign) {
    double d2 = d1 - c.sigma * t.root_t, strike_pv = c.strike * t.discount;
    double gaussian = t.carry * fast_exp(-0.5 * d1 * d1);
    TailRatio t1 = tail_ratio(fabs(d1)), t2 = tail_ratio(fabs(d2));
    double inv_q = 1.0 / (t1.q * t2.q);
    double tail1 = gaussian * (t1.p * t2.q * inv_q);          /* exp(-q t) N(-|d1|) */
    double tail2 = c.spot * gaussian * (t2.p * t1.q * inv_q); /* K exp(-r t) N(-|d2|) */
    double asset = sign * d1 > 0.0 ? t.carry - tail1 : tail1;
    double cash = sign * d2 > 0.0 ? strike_pv - tail2 : tail2;
    Legs legs = {gaussian, sign * (c.spot * asset - cash), sign * asset, cash};
    return legs;
}

INLINE Greeks greeks_at(Contract c, Terms t, Standard s, double sign) {
    Legs legs = legs_of(c, t, s.d1, sign);
    double w = c.sigma * t.root_t, d2 = s.d1 - w, inv_w = c.spot * s.inv_spot_w;
    double density = legs.gaussian * INV_SQRT_2PI, spread = density * inv_w; /* exp(-q t) n(d1), and that over w */
    double decay = 0.5 * c.sigma * c.sigma * inv_w;                          /* w / 2t */
    Greeks g;
    g.price = legs.price;
    g.delta = legs.delta;
    g.gamma = density * s.inv_spot_w;
    g.vega = c.spot * density * t.root_t;
    g.theta = c.spot * (c.dividend * legs.delta - density * decay) - sign * c.rate * legs.cash;
    g.vanna = -spread * d2 * t.root_t;
    g.charm = c.dividend * legs.delta - spread * (c.rate - c.dividend - d2 * decay);
    return g;
}

/* All greeks of one contract, from one logarithm and three exponentials. */
INLINE Greeks greeks_of(Contract c, double sign) {
    Expiration e = {c.years, c.rate, c.dividend};
    Terms t = terms_of(e);
    return greeks_at(c, t, standard_of(c, t.root_t), sign);
}

/* What the last loop over a block finds of those before. */
typedef struct {
    TermColumns terms;
    ALIGNED double d1[BLOCK], inv_spot_w[BLOCK];
} Stages;

INLINE Standard standard_at(const Stages *in, Py_ssize_t i) {
    Standard s = {in->d1[i], in->inv_spot_w[i]};
    return s;
}

MULTIVERSION void gamma_exponent_block(Py_ssize_t n, const ContractColumns *in, double *exponent, double *inv_spot_w) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Contract c = contract_at(*in, i);
        Standard s = standard_of(c, sqrt(c.years));
        exponent[i] = gamma_exponent(c, s.d1);
        inv_spot_w[i] = s.inv_spot_w;
    }
}

MULTIVERSION void gamma_block(Py_ssize_t n, const double *exponent, const double *inv_spot_w, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = gamma_of(exponent[i], inv_spot_w[i]);
}

MULTIVERSION void standard_block(Py_ssize_t n, const ContractColumns *in, Stages *stages) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Standard s = standard_of(contract_at(*in, i), stages->terms.root_t[i]);
        stages->d1[i] = s.d1;
        stages->inv_spot_w[i] = s.inv_spot_w;
    }
}

MULTIVERSION void price_block(Py_ssize_t n, const ContractColumns *in, const Stages *stages, const double *sign,
                              double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++)
        out[i] = legs_of(contract_at(*in, i), terms_at(&stages->terms, i), stages->d1[i], sign[i]).price;
}

MULTIVERSION void greeks_block(Py_ssize_t n, const ContractColumns *in, const Stages *stages, const double *sign,
                               double *const *out) {
    double *price = out[0], *delta = out[1], *gamma = out[2], *vega = out[3], *theta = out[4], *vanna = out[5];
    double *charm = out[6];
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Greeks g = greeks_at(contract_at(*in, i), terms_at(&stages->terms, i), standard_at(stages, i), sign[i]);
        price[i] = g.price;
        delta[i] = g.delta;
        gamma[i] = g.gamma;
        vega[i] = g.vega;
        theta[i] = g.theta;
        vanna[i] = g.vanna;
        charm[i] = g.charm;
    }
}

MULTIVERSION void sign_block(Py_ssize_t n, const unsigned char *is_call, double *sign) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) sign[i] = 2.0 * (double)(is_call[i] != 0) - 1.0;
}

/* +1 for a call, -1 for a put; one flag may stand for all rows. */
static void fill_signs(const unsigned char *is_call, Py_ssize_t flags, Py_ssize_t start, Py_ssize_t n, double *sign) {
    double one = flags != 1 || is_call[0] ? 1.0 : -1.0;
    if (flags != 1) sign_block(n, is_call + start, sign);
    for (Py_ssize_t i = flags != 1 ? n : 0; i < loop_length(n); i++) sign[i] = one;
}

/* Where a block's results go: straight to the output, or, for a last, odd block, to the stack and then there. */
INLINE double *target(double *out, Py_ssize_t rows, Copy *copy) {
    return rows == loop_length(rows) ? out : copy->rows;
}

INLINE void deliver(double *out, Py_ssize_t rows, const Copy *copy) {
    if (rows != loop_length(rows)) memcpy(out, copy->rows, (size_t)rows * sizeof(double));
}

/* Figures of n rows: the inputs of a contract (and what else a function takes), who is a call, one output a figure. All
 * such functions have this shape, so that one caller serves them all. */
typedef void RowFunction(Py_ssize_t n, const Input *in, Flags is_call, double *const *out);

MULTIVERSION void gamma_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], exponent, inv_spot_w, result;
    (void)is_call; /* the same for calls and puts */
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        ContractColumns columns = contract_columns(in, n, start, copies);
        gamma_exponent_block(loop_length(rows), &columns, exponent.rows, inv_spot_w.rows);
        gamma_block(loop_length(rows), exponent.rows, inv_spot_w.rows, target(*out + start, rows, &result));
        deliver(*out + start, rows, &result);
    }
}

INLINE void find_stages(Py_ssize_t n, const ContractColumns *in, Stages *stages) {
    find_terms(n, in, &stages->terms);
    standard_block(n, in, stages);
}

MULTIVERSION void price_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], sign, result;
    Stages stages;
    stages.terms.alike = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        ContractColumns columns = contract_columns(in, n, start, copies);
        fill_signs(is_call.values, is_call.length, start, rows, sign.rows);
        find_stages(loop_length(rows), &columns, &stages);
        price_block(loop_length(rows), &columns, &stages, sign.rows, target(*out + start, rows, &result));
        deliver(*out + start, rows, &result);
    }
}

/* The outputs: price, delta, gamma, vega, theta, vanna, charm. */
MULTIVERSION void greeks_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], sign, results[7];
    Stages stages;
    stages.terms.alike = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        ContractColumns columns = contract_columns(in, n, start, copies);
        double *to[7];
        for (int k = 0; k < 7; k++) to[k] = target(out[k] + start, rows, &results[k]);
        fill_signs(is_call.values, is_call.length, start, rows, sign.rows);
        find_stages(loop_length(rows), &columns, &stages);
        greeks_block(loop_length(rows), &columns, &stages, sign.rows, to);
        for (int k = 0; k < 7; k++) deliver(out[k] + start, rows, &results[k]);
    }
}

#endif
