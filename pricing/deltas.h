/* sum_j weight_j delta_j(S) over a ladder of spots S.
 *
 * Delta is no Gaussian but the sum of one: it is computed pair by pair within the window |d1| <= 8.5. Beyond, it is
 * 0 or +-exp(-q t) to 1e-17 of that, which is noted once, where the constant begins, and summed along the ladder. */
#ifndef GEX_DELTAS_H
#define GEX_DELTAS_H

#include "greeks.h"
#include "profile.h"

/* Three sums that make up the total: as it is, from the lowest spot up (calls in the money), and from the highest
 * spot down (puts in the money). Each has as many elements as the ladder, and one more. */
typedef struct {
    double *here, *upward, *downward;
} DeltaSums;

/* What delta tends to, far in the money: weight exp(-q t). */
INLINE double asset_at(BookColumns in, Py_ssize_t i) {
    return in.weight[i] * fast_exp(-in.dividend[i] * in.years[i]);
}

/* N(x) for any x. */
INLINE double normal_cdf(double x) {
    TailRatio t = tail_ratio(fabs(x));
    double tail = fast_exp(-0.5 * x * x) * (t.p / t.q);
    return x > 0.0 ? 1.0 - tail : tail;
}

/* sign weight exp(-q t) N(sign d1) where d1 = d + j step. An int, because few instruction sets convert longer ones. */
INLINE void add_deltas(int spots, double sign, double asset, double d, double step, double *out) {
    INDEPENDENT
    for (int j = 0; j < spots; j++) out[j] += sign * asset * normal_cdf(sign * (d + j * step));
}

MULTIVERSION void add_delta_windows(Py_ssize_t n, BookColumns in, const double *sign, Ladder ladder,
                                    const Windows *windows, DeltaSums out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        if (in.weight[i] == 0.0) continue;
        Bell bell = bell_at(in, ladder.spot[0], i);
        double asset = asset_at(in, i);
        Py_ssize_t first = windows->first[i], end = first + windows->spots[i];
        double d = log_ratio(windows->start[i], in.strike[i]) * bell.inv_w + bell.shift;
        add_deltas((int)windows->spots[i], sign[i], asset, d, ladder.log_step * bell.inv_w, out.here + first);
        if (sign[i] > 0.0)
            out.upward[end] += asset;
        else if (first > 0)
            out.downward[first - 1] -= asset;
    }
}

static Py_ssize_t delta_ladder_rows(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                                    Ladder ladder, DeltaSums out) {
    Copy copies[6], sign;
    Windows windows;
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        BookColumns book = book_columns(in, n, start, copies);
        fill_signs(is_call, flags, start, rows, sign.rows);
        invalid += find_windows(rows, book, ladder, &windows);
        if (invalid == 0) add_delta_windows(rows, book, sign.rows, ladder, &windows, out);
    }
    return invalid;
}

/* Any spots. log_spot[j] = ln(spot[j] / reference). */
MULTIVERSION Py_ssize_t delta_direct_block(Py_ssize_t n, BookColumns in, const double *sign, double reference,
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

static Py_ssize_t delta_direct_rows(Py_ssize_t n, const Input in[6], const unsigned char *is_call, Py_ssize_t flags,
                                    double reference, Py_ssize_t spots, const double *log_spot, double *out) {
    Copy copies[6], sign;
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        fill_signs(is_call, flags, start, rows, sign.rows);
        invalid += delta_direct_block(rows, book_columns(in, n, start, copies), sign.rows, reference, spots, log_spot,
                                      out);
    }
    return invalid;
}

#endif
