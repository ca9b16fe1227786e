/* The limit: our own loops over rows. No Python, no checks of arguments. */
#include <stddef.h>
#include <stdlib.h>

typedef ptrdiff_t Py_ssize_t;

#include "kernel.h"
#include "rows.h"

void limit_gamma(Py_ssize_t n, const Input columns[6], const unsigned char *is_call, double *out) {
    gamma_rows(n, columns, (Flags){is_call, n}, &out);
}

/* One array after another: price, delta, gamma, vega, theta, vanna, charm. */
void limit_greeks(Py_ssize_t n, const Input columns[6], const unsigned char *is_call, double *out) {
    double *const figures[7] = {out, out + n, out + 2 * n, out + 3 * n, out + 4 * n, out + 5 * n, out + 6 * n};
    greeks_rows(n, columns, (Flags){is_call, n}, figures);
}

/* The profile is not a formula per pair, so its limit is the whole sum, called without its Python wrapper. */
void limit_profile(Py_ssize_t n, const Input columns[6], Py_ssize_t spots, const double *spot, double log_step, double *out) {
    Ladder ladder = {spots, spot, log_step};
    Py_ssize_t chunks = (n + CHUNK - 1) / CHUNK;
    double *sums = calloc((size_t)(chunks * bells_length(spots)), sizeof *sums);
    ladder_rows(n, columns, GAMMA, ladder, sums);
    total_rows(chunks, ladder, sums, out);
    free(sums);
}
