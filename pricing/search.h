/* Places among ascending numbers. */
#ifndef GEX_SEARCH_H
#define GEX_SEARCH_H

/* How many of the ascending values are below `bound`: where the first one that is not stands. */
static Py_ssize_t count_below(Py_ssize_t n, const double *ascending, double bound) {
    Py_ssize_t low = 0, high = n;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (ascending[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
