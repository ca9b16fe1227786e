/* The limit: our own loops over rows. No Python, no checks of arguments. */
#include <stddef.h>

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

void limit_profile(Py_ssize_t n, const Input columns[6], Py_ssize_t spots, const double *spot, double log_step, double *out) {
    Ladder ladder = {spots, spot, log_step};
    ladder_rows(n, columns, ladder, out);
}
