/* The same sums at any spots: an exponential per pair of contract and spot. */
#ifndef GEX_DIRECT_H
#define GEX_DIRECT_H

#include "deltas.h"

/* ln(spot / reference). With a step, those contracts count that are left out on a ladder of that step, where wide ones
 * alone are summed, each within its window of ascending spots. Without, all contracts do, at all spots. */
typedef struct {
    double reference;
    Py_ssize_t count;
    const double *log_spot;
    double step;
} AnySpots;

/* d1 is center + log_spot inv_w; it is within the window from spot `first` to before `end`. */
typedef struct {
    double center, inv_w;
    Py_ssize_t first, end;
} Span;

/* The first spot where d1 is above `bound`. */
INLINE Py_ssize_t first_above(AnySpots at, Span span, double bound) {
    Py_ssize_t low = 0, high = at.count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (span.center + at.log_spot[middle] * span.inv_w > bound)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

INLINE Span span_of(AnySpots at, Bell bell, double strike) {
    Span span = {log_ratio(at.reference, strike) * bell.inv_w + bell.shift, bell.inv_w, 0, at.count};
    if (at.step == 0.0) return span;
    span.first = first_above(at, span, -WINDOW), span.end = first_above(at, span, WINDOW);
    return span;
}

/* Which rows of a block count, and how many. Widths are compared as in bells.h, to the bit: a contract is summed either
 * there or here. */
MULTIVERSION Py_ssize_t find_rows(Py_ssize_t n, BookColumns in, AnySpots at, double finest, Py_ssize_t rows[BLOCK + 1]) {
    double wide[BLOCK], inv_finest = at.step > 0.0 ? 1.0 / (finest * at.step) : 0.0;
    Py_ssize_t count = 0;
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++) wide[i] = in.sigma[i] * sqrt(in.years[i]) * inv_finest;
    for (Py_ssize_t i = 0; i < n; i++) {
        rows[count] = i;
        count += !(wide[i] >= 1.0) & (in.weight[i] != 0.0);
    }
    return count;
}

MULTIVERSION Py_ssize_t direct_bells(Py_ssize_t n, const Py_ssize_t *rows, BookColumns in, AnySpots at, double *out) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        Py_ssize_t i = rows[k];
        Bell bell = bell_at(in, at.reference, i);
        invalid += bell.scale != bell.scale;
        Span span = span_of(at, bell, in.strike[i]);
        INDEPENDENT
        for (Py_ssize_t j = span.first; j < span.end; j++) {
            double d = span.center + at.log_spot[j] * span.inv_w;
            out[j] += bell.scale * fast_exp(-0.5 * d * d);
        }
    }
    return invalid;
}

MULTIVERSION Py_ssize_t direct_sloped(Py_ssize_t n, const Py_ssize_t *rows, BookColumns in, Figure figure, AnySpots at, double *out) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        Py_ssize_t i = rows[k];
        Bell bell = bell_at(in, at.reference, i);
        Line line = line_at(in, figure, i);
        invalid += bell.scale != bell.scale;
        Span span = span_of(at, bell, in.strike[i]);
        INDEPENDENT
        for (Py_ssize_t j = span.first; j < span.end; j++) {
            double d = span.center + at.log_spot[j] * span.inv_w;
            out[j] += bell.scale * fast_exp(-0.5 * d * d) * (line.level + line.slope * d);
        }
    }
    return invalid;
}

MULTIVERSION Py_ssize_t direct_deltas(Py_ssize_t n, const Py_ssize_t *rows, BookColumns in, const double *sign, AnySpots at, double *out) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        Py_ssize_t i = rows[k];
        Bell bell = bell_at(in, at.reference, i);
        double side = sign[i], asset = side * asset_at(in, i);
        invalid += bell.scale != bell.scale;
        Span span = span_of(at, bell, in.strike[i]);
        INDEPENDENT
        for (Py_ssize_t j = span.first; j < span.end; j++)
            out[j] += asset * normal_cdf(side * (span.center + at.log_spot[j] * span.inv_w));
        Py_ssize_t from = side > 0.0 ? span.end : 0, to = side > 0.0 ? at.count : span.first;
        for (Py_ssize_t j = from; j < to; j++) out[j] += asset;
    }
    return invalid;
}

static Py_ssize_t direct_chunk(Py_ssize_t n, const Book *book, Figure figure, AnySpots at, double *out) {
    Copy copies[6], merged[6], sign;
    Py_ssize_t invalid = 0, rows[BLOCK + 1];
    double finest = figure == DELTA ? FINEST_AREA : FINEST;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns columns = book_columns(book, n, start, copies);
        Py_ssize_t length = block_length(n, start);
        if (figure != DELTA) length = merge_rows(length, &columns, merged);
        Py_ssize_t count = find_rows(length, columns, at, finest, rows);
        if (figure == DELTA) book_signs(book, n, start, &sign);
        invalid += figure == GAMMA   ? direct_bells(count, rows, columns, at, out)
                   : figure == DELTA ? direct_deltas(count, rows, columns, sign.rows, at, out)
                                     : direct_sloped(count, rows, columns, figure, at, out);
    }
    return invalid;
}

#endif
