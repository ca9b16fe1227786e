/* The limit: our own headers in one bare loop, compiled for this machine alone. No Python, no blocks, no dispatch, no
 * checks of arguments. */
#include <stddef.h>
#include <stdlib.h>

typedef ptrdiff_t Py_ssize_t;

#include "kernel.h"

typedef const double *Column;

void limit_gamma(Py_ssize_t n, Column spot, Column strike, Column years, Column sigma, Column rate, Column dividend,
                 double *out) {
    ContractColumns in = {spot, strike, years, sigma, rate, dividend};
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = gamma_of(contract_at(in, i));
}

void limit_greeks(Py_ssize_t n, Column spot, Column strike, Column years, Column sigma, Column rate, Column dividend,
                  Column sign, double *out) {
    ContractColumns in = {spot, strike, years, sigma, rate, dividend};
    double *price = out, *delta = out + n, *gamma = out + 2 * n, *vega = out + 3 * n, *theta = out + 4 * n,
           *vanna = out + 5 * n, *charm = out + 6 * n;
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Greeks g = greeks_of(contract_at(in, i), sign[i]);
        price[i] = g.price, delta[i] = g.delta, gamma[i] = g.gamma, vega[i] = g.vega;
        theta[i] = g.theta, vanna[i] = g.vanna, charm[i] = g.charm;
    }
}

/* The profile is not a formula per pair, so its limit is the whole sum, called without its Python wrapper. */
void limit_profile(Py_ssize_t n, const Input columns[6], Py_ssize_t spots, Column spot, double log_step, double *out) {
    Ladder ladder = {spots, spot, log_step};
    Py_ssize_t chunks = (n + CHUNK - 1) / CHUNK;
    double *sums = calloc((size_t)(chunks * bells_length(spots)), sizeof *sums);
    ladder_rows(n, columns, GAMMA, ladder, sums);
    total_rows(chunks, ladder, sums, out);
    free(sums);
}
