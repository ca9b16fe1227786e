/* A book of contracts: its columns, and what one contract is against spot.
 *
 * gamma S is weight exp(-q t) n(d1) / w with w = sigma sqrt(t): in ln S, a Gaussian, a bell, of
 * d1 = (ln(S / K) + (r - q) t) / w + w / 2. Vanna and charm are that times a straight line in d1. */
#ifndef GEX_BOOK_H
#define GEX_BOOK_H

#include "contract.h"

/* Outside, n(d1) is below 2e-16 of its peak: such contracts and spots are skipped. */
#define WINDOW 8.5

/* Rows in a chunk. Each chunk is summed by itself, and the sums in the order of the chunks. */
enum { CHUNK = 2048 };

typedef struct {
    const double *strike, *years, *sigma, *weight, *rate, *dividend;
} BookColumns;

/* The part of gamma that does not depend on spot: weight exp(-q t) / (w sqrt(2 pi)), and d1 = ln(S / K) inv_w + shift. */
typedef struct {
    double scale, inv_w, shift;
} Bell;

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

/* What is summed: gamma times spot, vanna, charm without its part in delta, or delta. */
typedef enum { GAMMA, VANNA, CHARM, DELTA } Figure;

/* What a figure is of gamma times spot: level + slope d1. */
typedef struct {
    double level, slope;
} Line;

/* vanna = -exp(-q t) n(d1) (d1 - w) / sigma. Charm without its part in delta, q delta, which has no window:
 * -exp(-q t) n(d1) ((r - q) / w - (d1 - w) / (2 t)). */
INLINE Line line_at(BookColumns in, Figure figure, Py_ssize_t i) {
    double root_t = sqrt(in.years[i]), sigma = in.sigma[i];
    Line gamma = {1.0, 0.0}, vanna = {sigma * in.years[i], -root_t};
    Line charm = {in.dividend[i] - in.rate[i] - 0.5 * sigma * sigma, 0.5 * sigma / root_t};
    return figure == GAMMA ? gamma : figure == VANNA ? vanna : charm;
}

/* The arguments: strike, years, sigma, weight, rate and dividend; and which are calls, one flag per row or one for all. */
typedef struct {
    Input columns[6];
    const unsigned char *is_call;
    Py_ssize_t flags;
} Book;

INLINE Py_ssize_t chunk_length(Py_ssize_t n, Py_ssize_t start) { return n - start < CHUNK ? n - start : CHUNK; }

INLINE Book book_from(Book book, Py_ssize_t start) {
    for (int k = 0; k < 6; k++)
        if (book.columns[k].length != 1) book.columns[k].values += start;
    if (book.flags != 1) book.is_call += start;
    return book;
}

INLINE BookColumns book_columns(const Book *book, Py_ssize_t n, Py_ssize_t start, Copy copies[6]) {
    const Input *in = book->columns;
    BookColumns columns = {
        column(in[0], n, start, &copies[0]), column(in[1], n, start, &copies[1]),
        column(in[2], n, start, &copies[2]), column(in[3], n, start, &copies[3]),
        column(in[4], n, start, &copies[4]), column(in[5], n, start, &copies[5]),
    };
    return columns;
}

/* 1 for calls and -1 for puts, for a whole number of strides. */
INLINE void book_signs(const Book *book, Py_ssize_t n, Py_ssize_t start, Copy *out) {
    Py_ssize_t rows = block_length(n, start);
    for (Py_ssize_t i = 0; i < loop_length(rows); i++) {
        Py_ssize_t row = start + (i < rows ? i : rows - 1);
        out->rows[i] = book->is_call[book->flags == 1 ? 0 : row] ? 1.0 : -1.0;
    }
}

INLINE int repeats(BookColumns in, Py_ssize_t i) {
    return ((bits_of(in.strike[i]) ^ bits_of(in.strike[i - 1])) | (bits_of(in.years[i]) ^ bits_of(in.years[i - 1])) |
            (bits_of(in.sigma[i]) ^ bits_of(in.sigma[i - 1])) | (bits_of(in.rate[i]) ^ bits_of(in.rate[i - 1])) |
            (bits_of(in.dividend[i]) ^ bits_of(in.dividend[i - 1]))) == 0;
}

/* Two columns tell whether it is worth looking at all of them. */
MULTIVERSION Py_ssize_t count_repeats(Py_ssize_t n, const double *strike, const double *sigma) {
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 1; i < n; i++) count += (strike[i] == strike[i - 1]) & (sigma[i] == sigma[i - 1]);
    return count;
}

/* Make one row of neighbours that differ in their weight alone, as a call and the put beside it do: their gamma and
 * vanna are the same. Weights that cancel stay apart, so that a row which cannot be priced is always met. Whole strides
 * of rows may be read, as of unmerged columns. */
static Py_ssize_t merge_rows(Py_ssize_t n, BookColumns *in, Copy merged[6]) {
    if (!count_repeats(n, in->strike, in->sigma)) return n;
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
    for (Py_ssize_t i = last + 1; i < loop_length(last + 1); i++) {
        strike[i] = strike[last], years[i] = years[last], sigma[i] = sigma[last];
        weight[i] = weight[last], rate[i] = rate[last], dividend[i] = dividend[last];
    }
    *in = (BookColumns){strike, years, sigma, weight, rate, dividend};
    return last + 1;
}

#endif
