/* Price and greeks of European options under Black, Scholes (1973) and Merton (1973), with continuous yields. */
#ifndef GEX_GREEKS_H
#define GEX_GREEKS_H

#include "contract.h"

typedef struct {
    double price, delta, gamma, vega, theta, vanna, charm;
} Greeks;

typedef struct {
    double *price, *delta, *gamma, *vega, *theta, *vanna, *charm;
} GreeksColumns;

/* exp(-q t) n(d1) / (S sigma sqrt(t)) */
INLINE double gamma_of(Contract c) {
    double w = c.sigma * sqrt(c.years);
    double inv_spot_w = 1.0 / (c.spot * w);
    double d1 = (log_ratio(c.spot, c.strike) + (c.rate - c.dividend) * c.years) * (c.spot * inv_spot_w) + 0.5 * w;
    double gamma = fast_exp(-0.5 * d1 * d1 - c.dividend * c.years) * (INV_SQRT_2PI * inv_spot_w);
    return is_valid(c, w) ? gamma : NAN;
}

/* All greeks from one logarithm and three exponentials. Since K exp(-r t) n(d2) = S exp(-q t) n(d1), both normal
 * tails are the same Gaussian times a ratio of polynomials, and the two ratios share a division. */
INLINE Greeks greeks_of(Contract c, double sign) {
    double root_t = sqrt(c.years), w = c.sigma * root_t, inv_w = 1.0 / w;
    double inv_spot = 1.0 / c.spot, inv_years = 1.0 / c.years;
    double drift = (c.rate - c.dividend) * c.years;
    double spot_pv = c.spot * fast_exp(-c.dividend * c.years);
    double strike_pv = c.strike * fast_exp(-c.rate * c.years);
    double d1 = (log_ratio(c.spot, c.strike) + drift) * inv_w + 0.5 * w;
    double d2 = d1 - w;

    double gaussian = spot_pv * fast_exp(-0.5 * d1 * d1);
    TailRatio t1 = tail_ratio(fabs(d1)), t2 = tail_ratio(fabs(d2));
    double inv_q = 1.0 / (t1.q * t2.q);
    double tail1 = gaussian * (t1.p * t2.q * inv_q); /* S exp(-q t) N(-|d1|) */
    double tail2 = gaussian * (t2.p * t1.q * inv_q); /* K exp(-r t) N(-|d2|) */
    double asset = sign * d1 > 0.0 ? spot_pv - tail1 : tail1;
    double cash = sign * d2 > 0.0 ? strike_pv - tail2 : tail2;

    double density = gaussian * INV_SQRT_2PI; /* S exp(-q t) n(d1) */
    double delta = sign * asset * inv_spot;
    double spread = density * inv_spot * inv_w;
    Greeks g;
    g.price = sign * (asset - cash);
    g.delta = delta;
    g.gamma = spread * inv_spot;
    g.vega = density * root_t;
    g.theta = -0.5 * density * w * inv_years - sign * (c.rate * cash - c.dividend * asset);
    g.vanna = -spread * d2 * root_t;
    g.charm = c.dividend * delta - spread * (drift - 0.5 * d2 * w) * inv_years;

    double mask = is_valid(c, w) ? 0.0 : NAN;
    g.price += mask, g.delta += mask, g.gamma += mask, g.vega += mask;
    g.theta += mask, g.vanna += mask, g.charm += mask;
    return g;
}

MULTIVERSION void gamma_block(Py_ssize_t n, ContractColumns in, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = gamma_of(contract_at(in, i));
}

MULTIVERSION void price_block(Py_ssize_t n, ContractColumns in, const double *sign, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = greeks_of(contract_at(in, i), sign[i]).price;
}

MULTIVERSION void greeks_block(Py_ssize_t n, ContractColumns in, const double *sign, GreeksColumns out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Greeks g = greeks_of(contract_at(in, i), sign[i]);
        out.price[i] = g.price;
        out.delta[i] = g.delta;
        out.gamma[i] = g.gamma;
        out.vega[i] = g.vega;
        out.theta[i] = g.theta;
        out.vanna[i] = g.vanna;
        out.charm[i] = g.charm;
    }
}

/* +1 for a call, -1 for a put; one flag may stand for all rows. */
static void fill_signs(const unsigned char *is_call, Py_ssize_t flags, Py_ssize_t start, Py_ssize_t n, double *sign) {
    for (Py_ssize_t i = 0; i < n; i++) sign[i] = is_call[flags == 1 ? 0 : start + i] ? 1.0 : -1.0;
    for (Py_ssize_t i = n; i < loop_length(n); i++) sign[i] = 1.0;
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

static void gamma_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], result;
    (void)is_call; /* the same for calls and puts */
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        gamma_block(loop_length(rows), contract_columns(in, n, start, copies), target(*out + start, rows, &result));
        deliver(*out + start, rows, &result);
    }
}

static void price_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], sign, result;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        fill_signs(is_call.values, is_call.length, start, rows, sign.rows);
        price_block(loop_length(rows), contract_columns(in, n, start, copies), sign.rows,
                    target(*out + start, rows, &result));
        deliver(*out + start, rows, &result);
    }
}

/* The outputs: price, delta, gamma, vega, theta, vanna, charm. */
static void greeks_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], sign, results[7];
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        double *to[7];
        for (int k = 0; k < 7; k++) to[k] = target(out[k] + start, rows, &results[k]);
        GreeksColumns columns = {to[0], to[1], to[2], to[3], to[4], to[5], to[6]};
        fill_signs(is_call.values, is_call.length, start, rows, sign.rows);
        greeks_block(loop_length(rows), contract_columns(in, n, start, copies), sign.rows, columns);
        for (int k = 0; k < 7; k++) deliver(out[k] + start, rows, &results[k]);
    }
}

#endif
