/* The volatility at which an American option is worth its price: the secant method on the engine, in a bracket.
 *
 * Price rises with volatility above the one at which exercise is due now, and is the payoff below. The European
 * volatility of the same price is an upper bound, since the American option is worth more at equal volatility. */
#ifndef GEX_AMERICAN_IMPLIED_H
#define GEX_AMERICAN_IMPLIED_H

#include "american_value.h"
#include "implied.h"

/* Total volatilities searched, and the error of the price, in units of the strike, that ends the search. */
#define LEAST_TOTAL 1e-4
#define LARGEST_TOTAL 12.0
#define PRICE_ERROR 1e-10
enum { IMPLIED_ROUNDS = 100 };

typedef struct {
    double low, high; /* the price is too low, too high */
} Bracket;

INLINE double excess(Contract c, double sigma, int is_call, double price, PremiumCache *cache) {
    c.sigma = sigma;
    return american_value(c, is_call, cache).price - price;
}

INLINE int european_volatility(Contract c, int is_call, double price, double *sigma) {
    double quote[4] = {price, c.spot * fast_exp((c.rate - c.dividend) * c.years), c.strike, fast_exp(-c.rate * c.years)};
    const Input in[4] = {{&quote[0], 1}, {&quote[1], 1}, {&quote[2], 1}, {&quote[3], 1}};
    unsigned char call = (unsigned char)is_call;
    signed char status;
    double w;
    implied_rows(1, in, &call, 1, &w, &status);
    *sigma = w / sqrt(c.years);
    return status;
}

INLINE double next_sigma(Bracket b, double secant) {
    if (secant > b.low && secant < b.high) return secant;
    return b.high < INFINITY ? 0.5 * (b.low + b.high) : 2.0 * b.low;
}

/* Search from `sigma`, first along the European vega. Volatilities too low for a boundary to be found count as low. The
 * secant method's errors go like e_k+1 = e_k^2 / e_k-2: the last of them need not be looked at. */
static int solve_american(Contract c, int is_call, double price, double *sigma, PremiumCache *cache) {
    double root = sqrt(c.years), error = PRICE_ERROR * c.strike, x = *sigma, before = NAN;
    double f_before = NAN, f_older = NAN;
    Bracket bracket = {LEAST_TOTAL / root, INFINITY};
    *sigma = NAN;
    for (int round = 0; round < IMPLIED_ROUNDS; round++) {
        double f = excess(c, x, is_call, price, cache);
        if (fabs(f) <= error) return *sigma = x, CONVERGED;
        if (f > 0.0)
            bracket.high = x;
        else
            bracket.low = x;
        if (bracket.high - bracket.low < 1e-13 * bracket.high || bracket.high * root < 2.0 * LEAST_TOTAL) break;
        if (bracket.low * root > LARGEST_TOTAL) return ABOVE_BOUND;
        Contract at = c;
        at.sigma = x;
        double slope = round == 0 ? greeks_of(at, 1.0).vega : (f - f_before) / (x - before);
        if (f * f <= error * fabs(f_older)) return *sigma = x - f / slope, CONVERGED;
        before = x, f_older = f_before, f_before = f;
        x = next_sigma(bracket, x - f / slope);
    }
    return BELOW_INTRINSIC;
}

INLINE int american_implied_row(Contract c, double price, int is_call, double *sigma, PremiumCache *cache) {
    *sigma = NAN;
    Carry carry = carry_of(c, is_call);
    c.sigma = 1.0;
    if (!is_valid(c, sqrt(c.years)) || !(fabs(price) < 1e300) || has_two_boundaries(carry)) return NOT_FINITE;
    double payoff = is_call ? c.spot - c.strike : c.strike - c.spot, bound = is_call ? c.spot : c.strike;
    if (never_exercised(carry)) return european_volatility(c, is_call, price, sigma);
    if (price <= (payoff > 0.0 ? payoff : 0.0)) return BELOW_INTRINSIC;
    if (price >= bound) return ABOVE_BOUND;
    if (european_volatility(c, is_call, price, sigma) != CONVERGED) *sigma = 0.3 / sqrt(c.years);
    return solve_american(c, is_call, price, sigma, cache);
}

/* The columns: price, spot, strike, years, rate, dividend. */
static void american_implied_rows(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                                  double *sigma, signed char *status) {
    PremiumCache cache;
    for (Py_ssize_t i = 0; i < n; i++) {
        empty_cache(&cache); /* a row's result is its own */
        cache.continues = 1;
        Contract c = {input_at(in[1], i), input_at(in[2], i), input_at(in[3], i),
                      1.0,                input_at(in[4], i), input_at(in[5], i)};
        status[i] = (signed char)american_implied_row(c, input_at(in[0], i), is_call[flags == 1 ? 0 : i], &sigma[i],
                                                      &cache);
    }
}

#endif
