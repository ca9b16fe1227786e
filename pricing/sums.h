/* What _kernel.pyx calls: the sums of a book over a ladder, or at any spots, chunk by chunk, and their total. */
#ifndef GEX_SUMS_H
#define GEX_SUMS_H

#include "direct.h"

/* How many sums a chunk takes. */
static Py_ssize_t sums_length(Figure figure, Py_ssize_t spots) {
    Ladder ladder = {spots, NULL, 0.0};
    Grids grids = grids_of(ladder);
    return figure == DELTA ? delta_length(&grids) : grids.length;
}

static Py_ssize_t ladder_sums(Py_ssize_t n, Book book, Figure figure, Ladder ladder, int wide, double *sums) {
    Grids grids = grids_of(ladder);
    Py_ssize_t invalid = 0, length = sums_length(figure, ladder.count);
    for (Py_ssize_t start = 0; start < n; start += CHUNK, sums += length) {
        Book chunk = book_from(book, start);
        Py_ssize_t rows = chunk_length(n, start);
        invalid += figure == DELTA ? delta_chunk(rows, &chunk, &grids, wide, delta_sums(&grids, sums))
                                   : bell_chunk(rows, &chunk, figure, &grids, wide, sums);
    }
    return invalid;
}

static void ladder_total(Figure figure, Py_ssize_t chunks, Ladder ladder, double *sums, double *out) {
    Grids grids = grids_of(ladder);
    add_chunks(sums_length(figure, ladder.count), chunks, sums);
    (figure == DELTA ? total_deltas : total_bells)(&grids, sums, out);
}

/* A chunk takes as many sums as there are spots. */
static Py_ssize_t direct_sums(Py_ssize_t n, Book book, Figure figure, AnySpots at, double *sums) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += CHUNK, sums += at.count) {
        Book chunk = book_from(book, start);
        invalid += direct_chunk(chunk_length(n, start), &chunk, figure, at, sums);
    }
    return invalid;
}

/* Values at places between the points of an even ladder, no nearer to its ends than half of TAPS points, from TAPS points
 * around each, by the barycentric form of Lagrange's interpolation (Berrut and Trefethen, 2004). */
MULTIVERSION void interpolate(Py_ssize_t n, const double *place, const double *value, double *out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t point = (Py_ssize_t)place[i];
        const double *around = value + point - (TAPS / 2 - 1);
        double beyond = place[i] - (double)point, share[TAPS], above = 0.0, below = 0.0;
        for (int k = 0; k < TAPS; k++) share[k] = alternating[k] / (beyond - (double)(k - (TAPS / 2 - 1)));
        for (int k = 0; k < TAPS; k++) above += share[k] * around[k], below += share[k];
        out[i] = beyond == 0.0 ? value[point] : above / below;
    }
}

MULTIVERSION void log_block(Py_ssize_t n, const double *a, double b, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = log_ratio(a[i], b);
}

/* sum weight value, leaving out where the weight is 0, whatever the value. */
MULTIVERSION double weighted_sum(Py_ssize_t n, Input weight, Input value) {
    double lanes[STRIDE] = {0.0}, total = 0.0;
    Py_ssize_t next_weight = weight.length != 1, next_value = value.length != 1;
    for (Py_ssize_t i = 0; i < n; i += STRIDE)
        for (Py_ssize_t k = i; k < n && k < i + STRIDE; k++) {
            double w = weight.values[next_weight * k], v = value.values[next_value * k];
            lanes[k - i] += w == 0.0 ? 0.0 : w * v;
        }
    for (int lane = 0; lane < STRIDE; lane++) total += lanes[lane];
    return total;
}

#endif
