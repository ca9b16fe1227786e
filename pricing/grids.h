/* Ever coarser grids over a ladder of spots, and the way back from them.
 *
 * Between the points of a grid, a Gaussian whose standard deviation is FINEST steps or more is known from TAPS points
 * around, by Lagrange's interpolation, to 1e-14 of itself (1e-13 where it is below 1e-3 of its peak). So the sum of
 * wide Gaussians is taken on a grid whose steps of ln S are 2, 4, 8 ... of the ladder's, and then added to the next
 * finer grid, down to the ladder: every second point is on both, and the others are halfway between two. */
#ifndef GEX_GRIDS_H
#define GEX_GRIDS_H

#include "contract.h"
#include "stencils.h"

/* Points beyond either end of the ladder, so that no point on it is interpolated from one side alone; room for the last
 * strip of a window to run over; the least steps of a grid; and how many grids there may be. */
enum { MARGIN = 8, STRIP = 16, FEWEST_STEPS = 11, MOST_GRIDS = 40 };

#define FINEST 5.5

typedef struct {
    Py_ssize_t count;
    const double *spot;
    double log_step;
} Ladder;

/* Grid g has the points -MARGIN to last[g] + MARGIN; point k is k 2^g steps of the ladder from its first spot. */
typedef struct {
    Ladder ladder;
    int count;
    Py_ssize_t anchor; /* a spot near the ladder's middle that is on every grid */
    Py_ssize_t last[MOST_GRIDS];
    Py_ssize_t origin[MOST_GRIDS]; /* where point 0 is among the sums of all grids */
    Py_ssize_t length;             /* of these sums */
} Grids;

static Grids grids_of(Ladder ladder) {
    Grids grids = {ladder, 0, 0, {0}, {0}, 0};
    Py_ssize_t last = ladder.count - 1;
    do {
        grids.last[grids.count] = last;
        grids.origin[grids.count++] = grids.length + MARGIN;
        grids.length += loop_length(last + 1 + 2 * MARGIN + STRIP);
        last = (last + 1) / 2;
    } while (last >= FEWEST_STEPS && grids.count < MOST_GRIDS);
    Py_ssize_t coarsest = (Py_ssize_t)1 << (grids.count - 1);
    grids.anchor = (ladder.count / 2 + coarsest / 2) & -coarsest;
    return grids;
}

/* Points of grid g on either side of the anchor, without and with those beyond the ladder. */
INLINE Py_ssize_t anchor_on(const Grids *grids, int g) { return grids->anchor >> g; }
INLINE Py_ssize_t points_below(const Grids *grids, int g) { return anchor_on(grids, g) + MARGIN; }
INLINE Py_ssize_t points_above(const Grids *grids, int g) { return grids->last[g] - anchor_on(grids, g) + MARGIN; }

/* How many spots are no prices, or off whole steps of ln S from the first by more than `slack`. */
MULTIVERSION Py_ssize_t count_unpriceable(Py_ssize_t n, const double *spot) {
    Py_ssize_t count = 0;
    for (Py_ssize_t k = 0; k < n; k++) count += !((spot[k] > 1e-150) & (spot[k] < 1e150));
    return count;
}

MULTIVERSION Py_ssize_t count_uneven(Ladder ladder, double slack) {
    Py_ssize_t count = 0;
    for (Py_ssize_t k = 0; k < ladder.count; k++) {
        double miss = log_ratio(ladder.spot[k], ladder.spot[0]) - (double)k * ladder.log_step;
        count += !(fabs(miss) <= slack);
    }
    return count;
}

/* The step of ln S, 0 where it is not the same all along, and above 0, or NaN where a spot is no price. */
static double step_of(Py_ssize_t n, const double *spot, double tolerance) {
    if (count_unpriceable(n, spot)) return NAN;
    double length = log_ratio(spot[n - 1], spot[0]);
    Ladder ladder = {n, spot, n > 1 ? length / (double)(n - 1) : 0.0};
    int even = ladder.log_step > 0.0 && count_uneven(ladder, tolerance * (length > 1.0 ? length : 1.0)) == 0;
    return even ? ladder.log_step : 0.0;
}

/* Add the sums of one grid, from its point 0 on, to those of the next finer. At the ends, where the points around do
 * not reach, the first or last TAPS points are used, off their middle. */
MULTIVERSION void add_coarser(Py_ssize_t last, const double *coarse, double *fine) {
    const double *low = coarse - MARGIN, *high = coarse + last + MARGIN;
    double first_ends[OFF_MIDDLE] = {0.0}, last_ends[OFF_MIDDLE] = {0.0};
    for (int k = 0; k < TAPS; k++)
        for (int e = 0; e < OFF_MIDDLE; e++) {
            first_ends[e] += off_middle[k][e] * low[k];
            last_ends[e] += off_middle[k][e] * high[-k];
        }
    for (int e = 0; e < OFF_MIDDLE; e++) {
        fine[2 * e - MARGIN + 1] += first_ends[e];
        fine[2 * last + MARGIN - 1 - 2 * e] += last_ends[e];
    }
    for (Py_ssize_t k = -MARGIN / 2; k <= last + MARGIN / 2; k++) fine[2 * k] += coarse[k];
    Py_ssize_t from = OFF_MIDDLE - MARGIN / 2, to = last - from;
    INDEPENDENT
    for (Py_ssize_t k = from; k < to; k++) {
        double sum = 0.0;
        for (int j = 0; j < TAPS / 2; j++) sum += middle[j] * (coarse[k - j] + coarse[k + 1 + j]);
        fine[2 * k + 1] += sum;
    }
}

/* Add the sums of all chunks up to the first, in their order. */
MULTIVERSION void add_chunks(Py_ssize_t length, Py_ssize_t chunks, double *sums) {
    for (Py_ssize_t chunk = 1; chunk < chunks; chunk++)
        for (Py_ssize_t k = 0; k < length; k++) sums[k] += sums[chunk * length + k];
}

static void add_grids(const Grids *grids, double *sums) {
    for (int g = grids->count - 1; g > 0; g--)
        add_coarser(grids->last[g], sums + grids->origin[g], sums + grids->origin[g - 1]);
}

#endif
