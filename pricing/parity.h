/* The forward that call and put quotes of an expiration imply by put-call parity; parity.py documents what is computed.
 * The strikes nearest the money, robustly averaged at the given discount, with the fit of robust.h. */
#ifndef GEX_PARITY_H
#define GEX_PARITY_H

#include <string.h>

#include "robust.h"
#include "search.h"

enum {
    NEAREST = 20, /* strikes that are used: farther ones have wider quotes and lean harder on the discount */
    MIN_FOR_DISCOUNT = 4,
    PARITY_SCRATCH = 6 /* numbers of working memory per strike */
};
/* Half-spreads count as at least this fraction of their median: one locked quote must not outweigh all others. */
#define LEAST_SPREAD 0.05
/* And as at least this fraction of the forward, where no quote has a spread. */
#define ROUNDING 1e-10

typedef struct {
    const double *strike, *call_bid, *call_ask, *put_bid, *put_ask;
} ParityQuotes;

typedef struct {
    double forward, half_width; /* in points; NaN where no strike can be read */
    double scatter;             /* of the strikes used, in half-spreads */
    double fitted_discount;     /* NaN where it cannot be fitted */
    Py_ssize_t inliers, candidates;
} ParityFit;

/* The strikes where parity may be read, and room for as many numbers three times over. */
typedef struct {
    Py_ssize_t count;
    int bid_missing;              /* of the call or the put, somewhere */
    int ascending;                /* each strike above the one before */
    double *strike, *value, *half; /* C - P, and half the sum of both spreads */
    double *implied, *scratch, *residuals;
} Readable;

/* Both sides have asks that are not crossed and at least one has a bid. A NaN fails every test. */
static int is_quoted(ParityQuotes q, Py_ssize_t i) {
    double call_bid = q.call_bid[i], call_ask = q.call_ask[i], put_bid = q.put_bid[i], put_ask = q.put_ask[i];
    return call_bid >= 0.0 && call_ask >= call_bid && call_ask > 0.0 && put_bid >= 0.0 && put_ask >= put_bid &&
           put_ask > 0.0 && (call_bid > 0.0 || put_bid > 0.0) && q.strike[i] > 0.0 &&
           q.strike[i] + call_bid + put_bid + call_ask + put_ask < INFINITY;
}

/* A missing bid is plausible on the out-of-the-money side only; anywhere while the center is not known (NaN). */
static int is_plausible(ParityQuotes q, Py_ssize_t i, double center) {
    return !(q.call_bid[i] == 0.0 && q.strike[i] < center) && !(q.put_bid[i] == 0.0 && q.strike[i] > center);
}

static void read_strikes(ParityQuotes q, Py_ssize_t start, Py_ssize_t stop, double discount, double center,
                         Readable *r) {
    r->count = r->bid_missing = 0, r->ascending = 1;
    for (Py_ssize_t i = start; i < stop; i++) {
        if (!is_quoted(q, i) || !is_plausible(q, i, center)) continue;
        Py_ssize_t k = r->count++;
        r->bid_missing |= q.call_bid[i] == 0.0 || q.put_bid[i] == 0.0;
        r->strike[k] = q.strike[i];
        r->ascending &= k == 0 || r->strike[k] > r->strike[k - 1];
        r->value[k] = 0.5 * ((q.call_bid[i] + q.call_ask[i]) - (q.put_bid[i] + q.put_ask[i]));
        r->half[k] = 0.5 * ((q.call_ask[i] - q.call_bid[i]) + (q.put_ask[i] - q.put_bid[i]));
        r->implied[k] = r->strike[k] + r->value[k] / discount;
    }
}

static double median_in(double *scratch, const double *values, Py_ssize_t n) {
    memcpy(scratch, values, n * sizeof(double));
    return median_of(scratch, n);
}

static void widen_spreads(Readable *r, double center) {
    double least = LEAST_SPREAD * median_in(r->scratch, r->half, r->count), rounding = ROUNDING * center;
    if (rounding > least) least = rounding;
    for (Py_ssize_t i = 0; i < r->count; i++)
        if (r->half[i] < least) r->half[i] = least;
}

/* Write the rows nearest to `center` to `rows`, the nearest first and rows as near in their order; return how many. Where
 * strikes ascend, those farther than NEAREST rows from it need no look. */
static Py_ssize_t nearest_rows(const Readable *r, double center, Py_ssize_t *rows) {
    double away[NEAREST];
    Py_ssize_t count = 0, at = r->ascending ? count_below(r->count, r->strike, center) : 0;
    Py_ssize_t start = at > NEAREST ? at - NEAREST : 0;
    Py_ssize_t stop = r->ascending && at + NEAREST < r->count ? at + NEAREST : r->count;
    for (Py_ssize_t i = start; i < stop; i++) {
        double distance = fabs(r->strike[i] - center);
        if (count == NEAREST && !(distance < away[NEAREST - 1])) continue;
        Py_ssize_t k = count < NEAREST ? count++ : NEAREST - 1;
        for (; k > 0 && away[k - 1] > distance; k--) away[k] = away[k - 1], rows[k] = rows[k - 1];
        away[k] = distance, rows[k] = i;
    }
    return count;
}

/* The level of the implied forwards at the strikes nearest to their median. */
static Fit fit_forward(const Readable *r, double center, double discount, Py_ssize_t *candidates) {
    Py_ssize_t rows[NEAREST], n = nearest_rows(r, center, rows);
    double implied[NEAREST], half[NEAREST];
    for (Py_ssize_t k = 0; k < n; k++) implied[k] = r->implied[rows[k]], half[k] = r->half[rows[k]] / discount;
    Fit start = {median_in(r->scratch, implied, n), 0.0, 0.0, 0.0, 0};
    *candidates = n;
    return biweight_fit(n, implied, implied, half, 0, start, r->residuals, r->scratch);
}

/* Minus the slope of C - P against K, freely fitted to all strikes. Uses up `implied`. */
static double fit_discount(const Readable *r, double forward, double discount) {
    double *moneyness = r->implied;
    int all_equal = 1;
    for (Py_ssize_t i = 0; i < r->count; i++) {
        moneyness[i] = r->strike[i] - forward;
        all_equal &= moneyness[i] == moneyness[0];
    }
    if (r->count < MIN_FOR_DISCOUNT || all_equal) return NAN;
    Fit start = {0.0, -discount, 0.0, 0.0, 0};
    return -biweight_fit(r->count, moneyness, r->value, r->half, 1, start, r->residuals, r->scratch).slope;
}

/* The forward of the expiration in rows `start` to `stop`, and the discount that a free fit gives if it is wanted: it
 * takes most of the time. `memory` has room for PARITY_SCRATCH numbers per row. */
static ParityFit parity_fit(ParityQuotes quotes, Py_ssize_t start, Py_ssize_t stop, double discount, int free_discount,
                            double *memory) {
    Py_ssize_t n = stop - start;
    Readable r = {0, 0, 1, memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n, memory + 5 * n};
    ParityFit found = {NAN, NAN, NAN, NAN, 0, 0};
    read_strikes(quotes, start, stop, discount, NAN, &r);
    if (r.bid_missing)
        read_strikes(quotes, start, stop, discount, median_in(r.scratch, r.implied, r.count), &r);
    if (!r.count) return found;
    double center = median_in(r.scratch, r.implied, r.count);
    widen_spreads(&r, center);
    Fit level = fit_forward(&r, center, discount, &found.candidates);
    found.forward = level.level, found.half_width = level.standard_error;
    found.scatter = level.scale, found.inliers = level.inliers;
    if (free_discount) found.fitted_discount = fit_discount(&r, level.level, discount);
    return found;
}

#endif
