/* The same sums at any spots: one exponential per pair of contract and spot. log_spot[j] = ln(spot[j] / reference). */
#ifndef GEX_DIRECT_H
#define GEX_DIRECT_H

#include "deltas.h"

MULTIVERSION void log_block(Py_ssize_t n, const double *a, double b, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) out[i] = log_ratio(a[i], b);
}

MULTIVERSION Py_ssize_t direct_bells(Py_ssize_t n, BookColumns in, double reference, Py_ssize_t spots,
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

MULTIVERSION Py_ssize_t direct_sloped(Py_ssize_t n, BookColumns in, Figure figure, double reference, Py_ssize_t spots,
                                      const double *log_spot, double *out) {
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

MULTIVERSION Py_ssize_t direct_deltas(Py_ssize_t n, BookColumns in, const double *sign, double reference,
                                      Py_ssize_t spots, const double *log_spot, double *out) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Bell bell = bell_at(in, reference, i);
        double center = log_ratio(reference, in.strike[i]) * bell.inv_w + bell.shift;
        double side = sign[i], asset = side * asset_at(in, i);
        invalid += bell.scale != bell.scale;
        if (bell.scale == 0.0) continue;
        INDEPENDENT
        for (Py_ssize_t j = 0; j < spots; j++)
            out[j] += asset * normal_cdf(side * (center + log_spot[j] * bell.inv_w));
    }
    return invalid;
}

static Py_ssize_t direct_chunk(Py_ssize_t n, const Input in[6], Figure figure, double reference, Py_ssize_t spots,
                               const double *log_spot, double *out) {
    Copy copies[6], merged[6];
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns book = book_columns(in, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &book, merged);
        invalid += figure == GAMMA ? direct_bells(rows, book, reference, spots, log_spot, out)
                                   : direct_sloped(rows, book, figure, reference, spots, log_spot, out);
    }
    return invalid;
}

static Py_ssize_t direct_delta_chunk(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                                     double reference, Py_ssize_t spots, const double *log_spot, double *out) {
    Copy copies[6], sign;
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        fill_sides(is_call, flags, start, rows, sign.rows);
        BookColumns book = book_columns(in, n, start, copies);
        invalid += direct_deltas(rows, book, sign.rows, reference, spots, log_spot, out);
    }
    return invalid;
}

/* The sums of each chunk are as many as the spots. */
static Py_ssize_t direct_rows(Py_ssize_t n, const Input in[6], Figure figure, double reference, Py_ssize_t spots,
                              const double *log_spot, double *sums) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += CHUNK, sums += spots) {
        Input chunk[6];
        chunk_columns(in, start, chunk);
        invalid += direct_chunk(chunk_length(n, start), chunk, figure, reference, spots, log_spot, sums);
    }
    return invalid;
}

static Py_ssize_t direct_delta_rows(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                                    double reference, Py_ssize_t spots, const double *log_spot, double *sums) {
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += CHUNK, sums += spots) {
        Input chunk[6];
        chunk_columns(in, start, chunk);
        invalid += direct_delta_chunk(chunk_length(n, start), chunk, flags == 1 ? is_call : is_call + start, flags,
                                      reference, spots, log_spot, sums);
    }
    return invalid;
}

/* Leaving out where the weight is 0, whatever the value. */
MULTIVERSION double sum_weighted(Py_ssize_t n, Input weight, Input value) {
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
