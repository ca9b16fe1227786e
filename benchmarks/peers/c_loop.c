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
    const unsigned char is_call = 1; /* gamma has no side */
    Book book = {{columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]}, &is_call, 1};
    Py_ssize_t chunks = (n + CHUNK - 1) / CHUNK;
    double *sums = calloc((size_t)(chunks * sums_length(GAMMA, spots)), sizeof *sums);
    ladder_sums(n, book, GAMMA, ladder, 0, sums);
    ladder_total(GAMMA, chunks, ladder, sums, out);
    free(sums);
}
