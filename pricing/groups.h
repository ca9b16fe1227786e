/* Straight lines between known points, in many groups that lie one after another: the smiles of many expirations. */
#ifndef GEX_GROUPS_H
#define GEX_GROUPS_H

#include <math.h>

/* The first place from i on whose y is known; n if there is none. */
static Py_ssize_t next_known(const double *y, Py_ssize_t i, Py_ssize_t n) {
    while (i < n && !isfinite(y[i])) i++;
    return i;
}

/* What y is at m places, linear between the known ones of n points with x going up, flat beyond the first and the last;
 * NaN without any, and where the place is NaN. Places that go up, too, take one walk. */
static void interpolate_group(Py_ssize_t n, const double *x, const double *y, Py_ssize_t m, const double *at, double *out) {
    const Py_ssize_t first = next_known(y, 0, n);
    Py_ssize_t low = first, high = first < n ? next_known(y, first + 1, n) : n;
    for (Py_ssize_t j = 0; j < m; j++) {
        if (first == n || isnan(at[j])) {
            out[j] = NAN;
            continue;
        }
        if (at[j] < x[low]) low = first, high = next_known(y, first + 1, n);
        while (high < n && x[high] <= at[j]) low = high, high = next_known(y, high + 1, n);
        int beyond = high == n || at[j] <= x[low];
        out[j] = beyond ? y[low] : (y[high] - y[low]) / (x[high] - x[low]) * (at[j] - x[low]) + y[low];
    }
}

#endif
