/* Narrow contracts: one after another, a strip of neighbouring points at a time, where |d1| <= WINDOW. */
#ifndef GEX_WINDOWS_H
#define GEX_WINDOWS_H

#include "bells.h"

/* Contracts taken together, and points that are computed for many contracts side by side: a quarter of a strip. */
enum { NARROW = 64, QUAD = 4, QUADS = STRIP / QUAD };

/* Where each contract matters: so many points from `first` on, counted from the first of all sums. `spot` is the ladder's
 * at that point, or its nearest, and `beyond` ln S from there. */
typedef struct {
    Py_ssize_t row[NARROW], first[NARROW], points[NARROW];
    double spot[NARROW], beyond[NARROW], strike[NARROW], inv_w[NARROW], shift[NARROW], step[NARROW];
    double amount[NARROW], decay[NARROW], level[NARROW], slope[NARROW];
} Windows;

/* The bell from the first point on: d1 and the line there; a quarter strip, its ratios to the next one, and how these
 * shrink from one to the next; how the ratios of strips shrink from one quarter, and from one strip, to the next. */
typedef struct {
    double d[NARROW], level[NARROW], gain[NARROW], scale[NARROW], value[NARROW][QUAD], ratio[NARROW][QUAD];
    double shrink[NARROW], strip_shrink[NARROW], strip_step[NARROW];
} Seeds;

INLINE Py_ssize_t clamped(double x, Py_ssize_t low, Py_ssize_t high) {
    return x > (double)low ? (x < (double)high ? (Py_ssize_t)x : high) : low;
}

/* Note the window of contract i of a block as the j-th. */
INLINE void note_window(const Grids *grids, const Bells *bells, BookColumns in, int sloped, Py_ssize_t i, Py_ssize_t j,
                        Windows *out) {
    int g = bells->grid[i] > 0.0 ? (int)bells->grid[i] : 0;
    Py_ssize_t margin = g ? MARGIN : 0, anchor = anchor_on(grids, g), low = -anchor - margin;
    Py_ssize_t high = grids->last[g] - anchor + margin, last = grids->ladder.count - 1;
    double inv_step = 1.0 / bells->step[i];
    Py_ssize_t first = clamped(ceil((-WINDOW - bells->d[i]) * inv_step), low, high + 1);
    Py_ssize_t end = clamped(floor((WINDOW - bells->d[i]) * inv_step), low - 1, high) + 1;
    Py_ssize_t at = (anchor + first) * ((Py_ssize_t)1 << g), spot = at < 0 ? 0 : at < last ? at : last;
    out->row[j] = i, out->first[j] = grids->origin[g] + anchor + first, out->points[j] = end > first ? end - first : 0;
    out->spot[j] = grids->ladder.spot[spot], out->beyond[j] = (double)(at - spot) * grids->ladder.log_step;
    out->strike[j] = in.strike[i], out->inv_w[j] = bells->inv_w[i], out->shift[j] = bells->shift[i];
    out->step[j] = bells->step[i], out->amount[j] = bells->amount[i], out->decay[j] = bells->decay[i];
    out->level[j] = sloped ? bells->level[i] : 1.0, out->slope[j] = sloped ? bells->slope[i] : 0.0;
}

/* d1 is taken anew at the window's first point: carried there from the anchor, it would lose digits. Every ratio has its
 * own exponential, because a power of one multiplies its rounding error. */
MULTIVERSION void seed_windows(Py_ssize_t n, const Windows *in, Seeds *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = log_ratio(in->spot[i], in->strike[i]) + in->beyond[i];
        double d = x * in->inv_w[i] + in->shift[i], b = in->step[i], b2 = b * b;
        double scale = in->amount[i] * fast_exp(-in->decay[i]), value = scale * fast_exp(-0.5 * d * d);
        double next = fast_exp(-b * d - 0.5 * b2), step = fast_exp(-b2), next2 = next * step, value1 = value * next;
        double ratio = fast_exp(-QUAD * b * d - 0.5 * QUAD * QUAD * b2), lane = fast_exp(-QUAD * b2);
        double value2 = value1 * next2, ratio1 = ratio * lane, ratio2 = ratio1 * lane;
        out->value[i][0] = value, out->value[i][1] = value1;
        out->value[i][2] = value2, out->value[i][3] = value2 * (next2 * step);
        out->ratio[i][0] = ratio, out->ratio[i][1] = ratio1, out->ratio[i][2] = ratio2, out->ratio[i][3] = ratio2 * lane;
        out->shrink[i] = fast_exp(-QUAD * QUAD * b2), out->strip_shrink[i] = fast_exp(-QUAD * STRIP * b2);
        out->strip_step[i] = fast_exp(-STRIP * STRIP * b2);
        out->d[i] = d, out->scale[i] = scale;
        out->level[i] = in->level[i] + in->slope[i] * d, out->gain[i] = in->slope[i] * b;
    }
}

/* The first strip of a window, and its ratios to the second. */
#if defined(__GNUC__)
typedef double Quad __attribute__((vector_size(32), aligned(8), may_alias));

typedef struct {
    Quad value[QUADS], ratio[QUADS];
} Strip;

INLINE void start_strip(const Seeds *seeds, Py_ssize_t i, Strip *out) {
    double shrink = seeds->shrink[i], strip_shrink = seeds->strip_shrink[i];
    Quad value = *(const Quad *)seeds->value[i], first = *(const Quad *)seeds->ratio[i];
    Quad second = first * shrink, third = second * shrink, ratio = (first * second) * (third * (third * shrink));
    out->value[0] = value, out->ratio[0] = ratio;
    out->value[1] = value *= first, out->ratio[1] = ratio *= strip_shrink;
    out->value[2] = value *= second, out->ratio[2] = ratio *= strip_shrink;
    out->value[3] = value * third, out->ratio[3] = ratio * strip_shrink;
}

/* The sums have room for a strip more. */
INLINE void add_strips(const Strip *strip, const Seeds *seeds, Py_ssize_t i, Py_ssize_t points, int sloped, double *sums) {
    double step = seeds->strip_step[i], gain = seeds->gain[i], level = seeds->level[i];
    Quad value[QUADS], ratio[QUADS], line[QUADS], lanes = {0.0, 1.0, 2.0, 3.0};
    for (int q = 0; q < QUADS; q++) value[q] = strip->value[q], ratio[q] = strip->ratio[q];
    for (int q = 0; q < QUADS; q++) line[q] = level + (lanes + (double)(QUAD * q)) * gain;
    for (; points > 0; points -= STRIP, sums += STRIP) {
        for (int q = 0; q < QUADS; q++) {
            Quad term = value[q];
            if (sloped) term *= line[q], line[q] += STRIP * gain;
            ((Quad *)sums)[q] += term;
            value[q] *= ratio[q], ratio[q] *= step;
        }
    }
}
#else
typedef struct {
    double value[STRIP], ratio[STRIP];
} Strip;

INLINE void start_strip(const Seeds *seeds, Py_ssize_t i, Strip *out) {
    double shrink = seeds->shrink[i], strip_shrink = seeds->strip_shrink[i];
    for (int k = 0; k < QUAD; k++) {
        double ratio = seeds->ratio[i][k], value = seeds->value[i][k], whole = 1.0;
        for (int q = 0; q < QUADS; q++, value *= ratio, whole *= ratio, ratio *= shrink) out->value[QUAD * q + k] = value;
        for (int q = 0; q < QUADS; q++, whole *= strip_shrink) out->ratio[QUAD * q + k] = whole;
    }
}

INLINE void add_strips(const Strip *strip, const Seeds *seeds, Py_ssize_t i, Py_ssize_t points, int sloped, double *sums) {
    Strip s = *strip;
    double line = seeds->level[i], gain = seeds->gain[i];
    for (; points > 0; points -= STRIP, sums += STRIP, line += STRIP * gain)
        for (int k = 0; k < STRIP; k++) {
            sums[k] += sloped ? s.value[k] * (line + k * gain) : s.value[k];
            s.value[k] *= s.ratio[k], s.ratio[k] *= seeds->strip_step[i];
        }
}
#endif

/* Windows of no more than a strip are cheaper, and free of underflow, by an exponential a point. */
INLINE void add_exps(const Windows *windows, const Seeds *seeds, Py_ssize_t i, double *sums) {
    double d = seeds->d[i], b = windows->step[i], scale = seeds->scale[i], level = seeds->level[i], gain = seeds->gain[i];
    INDEPENDENT
    for (int k = 0; k < STRIP; k++) {
        double x = d + k * b;
        sums[k] += scale * fast_exp(-0.5 * x * x) * (level + k * gain);
    }
}

INLINE void add_windows(Py_ssize_t n, const Windows *windows, const Seeds *seeds, int sloped, double *sums) {
    Strip strips[NARROW];
    for (Py_ssize_t i = 0; i < n; i++)
        if (windows->points[i] > STRIP) start_strip(seeds, i, &strips[i]);
    for (Py_ssize_t i = 0; i < n; i++)
        if (windows->points[i] > STRIP)
            add_strips(&strips[i], seeds, i, windows->points[i], sloped, sums + windows->first[i]);
        else if (windows->points[i] > 0)
            add_exps(windows, seeds, i, sums + windows->first[i]);
}

MULTIVERSION void add_level_windows(Py_ssize_t n, const Windows *windows, const Seeds *seeds, double *sums) {
    add_windows(n, windows, seeds, 0, sums);
}

MULTIVERSION void add_sloped_windows(Py_ssize_t n, const Windows *windows, const Seeds *seeds, double *sums) {
    add_windows(n, windows, seeds, 1, sums);
}

/* Add up the contracts of a block that have windows, without those narrower than on grid number `least`. */
static void add_windowed(Py_ssize_t n, const Grids *grids, const Bells *bells, BookColumns in, int sloped, double least,
                         double *sums) {
    Windows windows;
    Seeds seeds;
    Py_ssize_t count = 0, rows[BLOCK + 1];
    for (Py_ssize_t i = 0; i < n; i++) {
        rows[count] = i;
        count += (bells->place[i] == WINDOWED) & (bells->grid[i] >= least);
    }
    for (Py_ssize_t start = 0; start < count; start += NARROW) {
        Py_ssize_t part = count - start < NARROW ? count - start : NARROW;
        for (Py_ssize_t j = 0; j < part; j++) note_window(grids, bells, in, sloped, rows[start + j], j, &windows);
        seed_windows(part, &windows, &seeds);
        (sloped ? add_sloped_windows : add_level_windows)(part, &windows, &seeds, sums);
    }
}

#endif
