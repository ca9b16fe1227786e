/* sum_j weight_j gamma_j(S) over a ladder of spots S.
 *
 * exp(-q t) n(d1) / (S w) with w = sigma sqrt(t) is, in x = ln S, a Gaussian of d1 = (x - ln K + (r - q) t) / w + w / 2.
 * At equal steps of x it needs no exponential: exp(-(d + b)^2 / 2) = exp(-d^2 / 2) * exp(-b d - b^2 / 2), and the
 * second factor shrinks by exp(-b^2) a step. LANES neighbouring spots go through that recurrence side by side. */
#ifndef GEX_PROFILE_H
#define GEX_PROFILE_H

#include "contract.h"

enum { LANES = 16 };

/* Outside, n(d1) is below 2e-16 of its peak: such contracts and spots are skipped. */
#define WINDOW 8.5

/* The part of gamma that does not depend on spot: weight exp(-q t) / (w sqrt(2 pi)), and d1 = ln(S / K) inv_w + shift. */
typedef struct {
    double scale, inv_w, shift;
} Bell;

typedef struct {
    const double *strike, *years, *sigma, *weight, *rate, *dividend;
} BookColumns;

typedef struct {
    Py_ssize_t count;
    const double *spot;
    double log_step;
} Ladder;

/* A row that may not be priced gets a NaN scale, unless its weight is zero: then it does not matter. */
INLINE Bell bell_at(BookColumns in, double reference_spot, Py_ssize_t i) {
    Contract c = {reference_spot, in.strike[i], in.years[i], in.sigma[i], in.rate[i], in.dividend[i]};
    double w = c.sigma * sqrt(c.years), inv_w = 1.0 / w;
    double scale = in.weight[i] * fast_exp(-c.dividend * c.years) * (inv_w * INV_SQRT_2PI);
    Bell bell;
    bell.scale = is_valid(c, w) & (fabs(in.weight[i]) < INFINITY) ? scale : NAN;
    bell.scale = in.weight[i] == 0.0 ? 0.0 : bell.scale;
    bell.inv_w = inv_w;
    bell.shift = (c.rate - c.dividend) * c.years * inv_w + 0.5 * w;
    return bell;
}

/* Where one contract matters on the ladder, and its Gaussian there. */
typedef struct {
    Py_ssize_t first[BLOCK], spots[BLOCK];  /* the first spot inside, and how many are */
    double start[BLOCK];                    /* the spot at `first`, or the ladder's last */
    double value[BLOCK];                    /* the Gaussian at `first` */
    double ratio[BLOCK], ratio_step[BLOCK]; /* from spot to spot, and the ratio of that ratio */
    double strip[BLOCK], strip_lane[BLOCK], strip_step[BLOCK]; /* from strip to strip: first lane, next lane, again */
} Windows;

MULTIVERSION Py_ssize_t find_windows(Py_ssize_t n, BookColumns in, Ladder ladder, Windows *out) {
    double first[BLOCK], count[BLOCK];
    Py_ssize_t invalid = 0;
    double last = (double)(ladder.count - 1);
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Bell bell = bell_at(in, ladder.spot[0], i);
        double d = log_ratio(ladder.spot[0], in.strike[i]) * bell.inv_w + bell.shift;
        double inv_b = 1.0 / (ladder.log_step * bell.inv_w);
        double low = (-WINDOW - d) * inv_b, high = (WINDOW - d) * inv_b;
        low = low > 0.0 ? (low < last + 1.0 ? low : last + 1.0) : 0.0; /* NaN, of a skipped row, becomes 0 */
        high = high < last ? (high > -1.0 ? high : -1.0) : last;
        first[i] = ceil(low);
        count[i] = bell.scale != 0.0 ? floor(high) - ceil(low) + 1.0 : 0.0;
        invalid += bell.scale != bell.scale;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        out->first[i] = (Py_ssize_t)first[i];
        out->spots[i] = count[i] > 0.0 ? (Py_ssize_t)count[i] : 0;
        out->start[i] = ladder.spot[first[i] < last ? out->first[i] : ladder.count - 1];
    }
    return invalid;
}

INLINE Py_ssize_t strips_of(const Windows *in, Py_ssize_t i) { return (in->spots[i] + LANES - 1) / LANES; }

/* d1 is taken anew at the window's first spot: carried there from the ladder's first, it would lose digits. Every
 * ratio has its own exponential, because a power of one multiplies its rounding error. `offset` moves the points where
 * the Gaussian is taken, in the logarithm. */
MULTIVERSION void seed_windows(Py_ssize_t n, BookColumns in, Ladder ladder, double offset, Windows *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Bell bell = bell_at(in, ladder.spot[0], i);
        double d = (log_ratio(out->start[i], in.strike[i]) + offset) * bell.inv_w + bell.shift;
        double b = ladder.log_step * bell.inv_w, b2 = b * b;
        out->value[i] = bell.scale * fast_exp(-0.5 * d * d);
        out->ratio[i] = fast_exp(-b * d - 0.5 * b2);
        out->ratio_step[i] = fast_exp(-b2);
        out->strip[i] = fast_exp(-LANES * b * d - 0.5 * LANES * LANES * b2);
        out->strip_lane[i] = fast_exp(-LANES * b2);
        out->strip_step[i] = fast_exp(-LANES * LANES * b2);
    }
}

#if defined(__GNUC__)
typedef double Quad __attribute__((vector_size(32), aligned(8)));
#endif

/* out has room for LANES spots beyond the ladder. */
MULTIVERSION void add_windows(Py_ssize_t n, const Windows *in, double *out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!in->spots[i]) continue;
        double value[LANES], ratio[LANES];
        double g = in->value[i], r = in->ratio[i], strip = in->strip[i], step = in->strip_step[i];
        for (int lane = 0; lane < LANES; lane++) {
            value[lane] = g, ratio[lane] = strip;
            g *= r, r *= in->ratio_step[i], strip *= in->strip_lane[i];
        }
        double *spot = out + in->first[i];
#if defined(__GNUC__)
        Quad v[LANES / 4], f[LANES / 4];
        memcpy(v, value, sizeof v), memcpy(f, ratio, sizeof f);
        for (Py_ssize_t strips = strips_of(in, i); strips > 0; strips--, spot += LANES) {
            Quad *o = (Quad *)spot;
            o[0] += v[0], o[1] += v[1], o[2] += v[2], o[3] += v[3];
            v[0] *= f[0], v[1] *= f[1], v[2] *= f[2], v[3] *= f[3];
            f[0] *= step, f[1] *= step, f[2] *= step, f[3] *= step;
        }
#else
        for (Py_ssize_t strips = strips_of(in, i); strips > 0; strips--, spot += LANES)
            for (int lane = 0; lane < LANES; lane++) {
                spot[lane] += value[lane], value[lane] *= ratio[lane], ratio[lane] *= step;
            }
#endif
    }
}

static Py_ssize_t ladder_block(Py_ssize_t n, BookColumns in, Ladder ladder, double *out) {
    Windows windows;
    Py_ssize_t invalid = find_windows(n, in, ladder, &windows);
    if (invalid == 0) {
        seed_windows(n, in, ladder, 0.0, &windows);
        add_windows(n, &windows, out);
    }
    return invalid;
}

/* Any spots: one exponential per pair. log_spot[j] = ln(spot[j] / spot[reference]). */
MULTIVERSION Py_ssize_t direct_block(Py_ssize_t n, BookColumns in, double reference, Py_ssize_t spots,
                                     const double *log_spot, double *out) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Bell bell = bell_at(in, reference, i);
        double center = log_ratio(reference, in.strike[i]) * bell.inv_w + bell.shift;
        invalid += bell.scale != bell.scale;
        if (bell.scale == 0.0) continue;
        INDEPENDENT
        for (Py_ssize_t j = 0; j < spots; j++) {
            double d = center + log_spot[j] * bell.inv_w;
            out[j] += bell.scale * fast_exp(-0.5 * d * d);
        }
    }
    return invalid;
}

MULTIVERSION void log_block(Py_ssize_t n, const double *a, double b, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = log_ratio(a[i], b);
}

/* The columns: strike, years, sigma, weight, rate, dividend. */
INLINE BookColumns book_columns(const Input in[6], Py_ssize_t n, Py_ssize_t start, Copy copies[6]) {
    BookColumns columns = {
        column(in[0], n, start, &copies[0]), column(in[1], n, start, &copies[1]),
        column(in[2], n, start, &copies[2]), column(in[3], n, start, &copies[3]),
        column(in[4], n, start, &copies[4]), column(in[5], n, start, &copies[5]),
    };
    return columns;
}

INLINE int repeats(BookColumns in, Py_ssize_t i) {
    return ((bits_of(in.strike[i]) ^ bits_of(in.strike[i - 1])) | (bits_of(in.years[i]) ^ bits_of(in.years[i - 1])) |
            (bits_of(in.sigma[i]) ^ bits_of(in.sigma[i - 1])) | (bits_of(in.rate[i]) ^ bits_of(in.rate[i - 1])) |
            (bits_of(in.dividend[i]) ^ bits_of(in.dividend[i - 1]))) == 0;
}

MULTIVERSION Py_ssize_t count_repeats(Py_ssize_t n, BookColumns in) {
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 1; i < n; i++) count += repeats(in, i);
    return count;
}

/* Make one row of neighbours that differ in their weight alone, as a call and the put beside it do: their gamma and
 * vanna are the same. Weights that cancel stay apart, so that a row which cannot be priced is always met. */
static Py_ssize_t merge_rows(Py_ssize_t n, BookColumns *in, Copy merged[6]) {
    if (!count_repeats(n, *in)) return n;
    double *strike = merged[0].rows, *years = merged[1].rows, *sigma = merged[2].rows, *weight = merged[3].rows;
    double *rate = merged[4].rows, *dividend = merged[5].rows;
    Py_ssize_t last = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        double sum = i ? weight[last] + in->weight[i] : 0.0;
        int joins = i && sum != 0.0 && repeats(*in, i);
        last += !joins;
        strike[last] = in->strike[i], years[last] = in->years[i], sigma[last] = in->sigma[i];
        weight[last] = joins ? sum : in->weight[i], rate[last] = in->rate[i], dividend[last] = in->dividend[i];
    }
    *in = (BookColumns){strike, years, sigma, weight, rate, dividend};
    return last + 1;
}

static Py_ssize_t ladder_rows(Py_ssize_t n, const Input in[6], Ladder ladder, double *out) {
    Copy copies[6], merged[6];
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns book = book_columns(in, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &book, merged);
        invalid += ladder_block(rows, book, ladder, out);
    }
    return invalid;
}

static Py_ssize_t direct_rows(Py_ssize_t n, const Input in[6], double reference, Py_ssize_t spots,
                              const double *log_spot, double *out) {
    Copy copies[6], merged[6];
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns book = book_columns(in, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &book, merged);
        invalid += direct_block(rows, book, reference, spots, log_spot, out);
    }
    return invalid;
}

#endif
