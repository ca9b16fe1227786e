/* sum_j weight_j vanna_j(S), or charm, over a ladder of spots S: gamma's Gaussian times a straight line in d1.
 *
 * The recurrence of profile.h carries the Gaussian from spot to spot; the line takes an addition more. */
#ifndef GEX_SLOPED_H
#define GEX_SLOPED_H

#include "profile.h"

/* What a figure is of gamma times spot: level + slope d1. */
typedef struct {
    double level, slope;
} Line;

typedef enum { VANNA, CHARM } Figure;

/* vanna = -exp(-q t) n(d1) (d1 - w) / sigma. Charm without its part in delta, q delta, which has no window:
 * -exp(-q t) n(d1) ((r - q) / w - (d1 - w) / (2 t)). */
INLINE Line line_at(BookColumns in, Figure figure, Py_ssize_t i) {
    double root_t = sqrt(in.years[i]), sigma = in.sigma[i];
    Line vanna = {sigma * in.years[i], -root_t};
    Line charm = {in.dividend[i] - in.rate[i] - 0.5 * sigma * sigma, 0.5 * sigma / root_t};
    return figure == VANNA ? vanna : charm;
}

/* The line at a window's first spot, and what it gains from spot to spot. */
typedef struct {
    double level[BLOCK], gain[BLOCK];
} Lines;

MULTIVERSION void seed_lines(Py_ssize_t n, BookColumns in, Figure figure, Ladder ladder, const Windows *windows,
                             Lines *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Bell bell = bell_at(in, ladder.spot[0], i);
        Line line = line_at(in, figure, i);
        double d = log_ratio(windows->start[i], in.strike[i]) * bell.inv_w + bell.shift;
        out->level[i] = line.level + line.slope * d;
        out->gain[i] = line.slope * ladder.log_step * bell.inv_w;
    }
}

/* One contract, LANES spots at a time. out has room for LANES spots beyond the ladder. */
INLINE void add_sloped(const Windows *in, const Lines *lines, Py_ssize_t i, double *spot) {
    double value[LANES], ratio[LANES], line[LANES];
    double g = in->value[i], r = in->ratio[i], strip = in->strip[i], step = in->strip_step[i];
    double gain = LANES * lines->gain[i];
    for (int lane = 0; lane < LANES; lane++) {
        value[lane] = g, ratio[lane] = strip, line[lane] = lines->level[i] + lane * lines->gain[i];
        g *= r, r *= in->ratio_step[i], strip *= in->strip_lane[i];
    }
#if defined(__GNUC__)
    Quad v[LANES / 4], f[LANES / 4], l[LANES / 4];
    memcpy(v, value, sizeof v), memcpy(f, ratio, sizeof f), memcpy(l, line, sizeof l);
    for (Py_ssize_t strips = strips_of(in, i); strips > 0; strips--, spot += LANES) {
        Quad *o = (Quad *)spot;
        o[0] += v[0] * l[0], o[1] += v[1] * l[1], o[2] += v[2] * l[2], o[3] += v[3] * l[3];
        v[0] *= f[0], v[1] *= f[1], v[2] *= f[2], v[3] *= f[3];
        f[0] *= step, f[1] *= step, f[2] *= step, f[3] *= step;
        l[0] += gain, l[1] += gain, l[2] += gain, l[3] += gain;
    }
#else
    for (Py_ssize_t strips = strips_of(in, i); strips > 0; strips--, spot += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            spot[lane] += value[lane] * line[lane];
            value[lane] *= ratio[lane], ratio[lane] *= step, line[lane] += gain;
        }
#endif
}

MULTIVERSION void add_sloped_windows(Py_ssize_t n, const Windows *in, const Lines *lines, double *out) {
    for (Py_ssize_t i = 0; i < n; i++)
        if (in->spots[i]) add_sloped(in, lines, i, out + in->first[i]);
}

static Py_ssize_t sloped_ladder_block(Py_ssize_t n, BookColumns in, Figure figure, Ladder ladder, double *out) {
    Windows windows;
    Lines lines;
    Py_ssize_t invalid = find_windows(n, in, ladder, &windows);
    if (invalid == 0) {
        seed_windows(n, in, ladder, 0.0, &windows);
        seed_lines(n, in, figure, ladder, &windows, &lines);
        add_sloped_windows(n, &windows, &lines, out);
    }
    return invalid;
}

/* Any spots: one exponential per pair. log_spot[j] = ln(spot[j] / reference). */
MULTIVERSION Py_ssize_t sloped_direct_block(Py_ssize_t n, BookColumns in, Figure figure, double reference,
                                            Py_ssize_t spots, const double *log_spot, double *out) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Bell bell = bell_at(in, reference, i);
        Line line = line_at(in, figure, i);
        double center = log_ratio(reference, in.strike[i]) * bell.inv_w + bell.shift;
        invalid += bell.scale != bell.scale;
        if (bell.scale == 0.0) continue;
        INDEPENDENT
        for (Py_ssize_t j = 0; j < spots; j++) {
            double d = center + log_spot[j] * bell.inv_w;
            out[j] += bell.scale * fast_exp(-0.5 * d * d) * (line.level + line.slope * d);
        }
    }
    return invalid;
}

static Py_ssize_t sloped_ladder_rows(Py_ssize_t n, const Input in[6], Figure figure, Ladder ladder, double *out) {
    Copy copies[6], merged[6];
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns book = book_columns(in, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &book, merged);
        invalid += sloped_ladder_block(rows, book, figure, ladder, out);
    }
    return invalid;
}

static Py_ssize_t sloped_direct_rows(Py_ssize_t n, const Input in[6], Figure figure, double reference,
                                     Py_ssize_t spots, const double *log_spot, double *out) {
    Copy copies[6], merged[6];
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns book = book_columns(in, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &book, merged);
        invalid += sloped_direct_block(rows, book, figure, reference, spots, log_spot, out);
    }
    return invalid;
}

#endif
