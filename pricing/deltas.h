/* sum_j weight_j delta_j(S) over a ladder of spots S.
 *
 * Delta gains gamma S per unit of ln S. Where the ladder's steps are fine beside a contract's width, its delta is that at
 * the anchor and the integral from there of what profile.h sums up, which every 18 points around give for a step. Other
 * contracts are computed spot by spot within the window |d1| <= 8.5: beyond, delta is 0 or +-exp(-q t) to 1e-17 of that,
 * which is noted once, where the constant begins. */
#ifndef GEX_DELTAS_H
#define GEX_DELTAS_H

#include "profile.h"

/* The least width, in steps, of a contract whose delta is integrated: to 1e-15. */
#define FINEST_AREA 7.0

/* The sums of a chunk: of the bells on all grids; of deltas at the ladder's spots; of constants from a spot up (calls in
 * the money), and from a spot down (puts in the money); and, in lanes, of deltas at the anchor. */
typedef struct {
    double *bells, *here, *upward, *downward, *anchor;
} DeltaSums;

static Py_ssize_t delta_part(const Grids *grids) { return loop_length(grids->ladder.count + STRIP); }
static Py_ssize_t delta_length(const Grids *grids) { return grids->length + 3 * delta_part(grids) + STRIDE; }

static DeltaSums delta_sums(const Grids *grids, double *sums) {
    Py_ssize_t part = delta_part(grids);
    double *here = sums + grids->length;
    DeltaSums parts = {sums, here, here + part, here + 2 * part, here + 3 * part};
    return parts;
}

/* N(x) for any x. */
INLINE double normal_cdf(double x) {
    TailRatio t = tail_ratio(fabs(x));
    double tail = fast_exp(-0.5 * x * x) * (t.p / t.q);
    return x > 0.0 ? 1.0 - tail : tail;
}

/* What delta tends to, far in the money: weight exp(-q t). */
INLINE double asset_at(BookColumns in, Py_ssize_t i) {
    return in.weight[i] == 0.0 ? 0.0 : in.weight[i] * fast_exp(-in.dividend[i] * in.years[i]);
}

/* Which contracts are computed spot by spot. */
INLINE int is_coarse(const Bells *bells, Py_ssize_t i) { return (bells->grid[i] < 0.0) & (bells->amount[i] != 0.0); }

/* The deltas of the others at the anchor. */
MULTIVERSION void add_anchors(Py_ssize_t n, BookColumns in, const double *sign, const Bells *bells, double *lanes) {
    double delta[BLOCK];
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++)
        delta[i] = sign[i] * asset_at(in, i) * normal_cdf(sign[i] * bells->d[i]);
    for (Py_ssize_t i = 0; i < loop_length(n); i++)
        if (i >= n || is_coarse(bells, i) || bells->amount[i] == 0.0) delta[i] = 0.0;
    for (Py_ssize_t i = 0; i < n; i += STRIDE)
        for (int lane = 0; lane < STRIDE; lane++) lanes[lane] += delta[i + lane];
}

/* sign weight exp(-q t) N(sign d1) where d1 = d + j b. An int, because few instruction sets convert longer ones. */
INLINE void add_deltas(int spots, double sign, double asset, double d, double b, double *out) {
    INDEPENDENT
    for (int j = 0; j < spots; j++) out[j] += sign * asset * normal_cdf(sign * (d + j * b));
}

MULTIVERSION void add_coarse(Py_ssize_t n, BookColumns in, const double *sign, const Grids *grids, const Bells *bells,
                             DeltaSums out) {
    Windows window;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!is_coarse(bells, i)) continue;
        note_window(grids, bells, in, 0, i, 0, &window);
        Py_ssize_t first = window.first[0] - grids->origin[0], end = first + window.points[0];
        double d = log_ratio(window.spot[0], in.strike[i]) * bells->inv_w[i] + bells->shift[i];
        double asset = asset_at(in, i);
        add_deltas((int)window.points[0], sign[i], asset, d, bells->step[i], out.here + first);
        if (sign[i] > 0.0)
            out.upward[end] += asset;
        else if (first > 0)
            out.downward[first - 1] -= asset;
    }
}

/* Add up a chunk of contracts, or those alone that are not coarse. Returns how many cannot be priced. */
static Py_ssize_t delta_chunk(Py_ssize_t n, const Book *book, const Grids *grids, int wide, DeltaSums out) {
    Copy copies[6], sign;
    Bells bells;
    Sweeps sweeps;
    Reach reach = reach_of(grids, FINEST_AREA);
    Py_ssize_t invalid = 0;
    start_sweeps(grids, 0, &sweeps);
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        BookColumns columns = book_columns(book, n, start, copies);
        book_signs(book, n, start, &sign);
        invalid += find_bells(rows, columns, GAMMA, reach, &bells);
        if (invalid) continue;
        add_swept(rows, &bells, &sweeps);
        add_windowed(rows, grids, &bells, columns, 0, 0.0, out.bells);
        add_anchors(rows, columns, sign.rows, &bells, out.anchor);
        if (!wide) add_coarse(rows, columns, sign.rows, grids, &bells, out);
    }
    finish_sweeps(grids, &sweeps, out.bells);
    return invalid;
}

/* A sum that keeps what it loses by rounding (Kahan, 1965). */
typedef struct {
    double total, lost;
} KeptSum;

INLINE void keep_adding(KeptSum *sum, double term) {
    double whole = term - sum->lost, total = sum->total + whole;
    sum->lost = (total - sum->total) - whole, sum->total = total;
}

/* The integral over the step from a point to the next. */
INLINE double area_above(const double *point) {
    double sum = 0.0;
    for (int j = 0; j < AREA_TAPS / 2; j++) sum += area[j] * (point[-j] + point[1 + j]);
    return sum;
}

/* Make of all sums one at each spot of the ladder. */
static void total_deltas(const Grids *grids, double *sums, double *out) {
    DeltaSums parts = delta_sums(grids, sums);
    const double *bells = sums + grids->origin[0];
    double anchor = 0.0, step = grids->ladder.log_step;
    Py_ssize_t count = grids->ladder.count;
    add_grids(grids, sums);
    for (int lane = 0; lane < STRIDE; lane++) anchor += parts.anchor[lane];
    KeptSum above = {anchor, 0.0}, below = {anchor, 0.0}, calls = {0.0, 0.0}, puts = {0.0, 0.0};
    for (Py_ssize_t k = grids->anchor; k < count; k++) {
        out[k] = above.total;
        keep_adding(&above, step * area_above(bells + k));
    }
    for (Py_ssize_t k = grids->anchor - 1; k >= 0; k--) {
        keep_adding(&below, -step * area_above(bells + k));
        out[k] = below.total;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        keep_adding(&calls, parts.upward[k]);
        out[k] += parts.here[k] + calls.total;
    }
    for (Py_ssize_t k = count - 1; k >= 0; k--) {
        keep_adding(&puts, parts.downward[k]);
        out[k] += puts.total;
    }
}

#endif
