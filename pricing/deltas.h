/* sum_j weight_j delta_j(S) over a ladder of spots S.
 *
 * Delta is no Gaussian but gains one from spot to spot: with d1 at the middle of a step of width b,
 * N(d1 + b / 2) - N(d1 - b / 2) = b n(d1) (1 + He_2(d1) (b / 2)^2 / 3! + He_4(d1) (b / 2)^4 / 5! + ...), Taylor's series
 * with Hermite's polynomials. The recurrence of profile.h carries n(d1), and one sum along the ladder adds the gains
 * up. Where a step is too wide for that, delta is computed pair by pair within the window |d1| <= 8.5: beyond, it is 0
 * or +-exp(-q t) to 1e-17 of that, which is noted once, where the constant begins. */
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

/* The widest step in d1 whose gain is taken from the series, which is then off by less than 1e-16, and how many spots
 * a window must hold for that to pay. */
#define WIDEST_STEP 0.5
enum { FEWEST_SPOTS = 12, TERMS = 7 };

/* The series in powers of d1^2, times the width of the step in ln S. */
INLINE void gain_series(double log_step, double b, double series[TERMS]) {
    double x = 0.25 * b * b;
    double a0 = log_step, a1 = a0 * x / 6.0, a2 = a1 * x / 20.0, a3 = a2 * x / 42.0, a4 = a3 * x / 72.0;
    double a5 = a4 * x / 110.0, a6 = a5 * x / 156.0;
    series[0] = a0 - a1 + 3.0 * a2 - 15.0 * a3 + 105.0 * a4 - 945.0 * a5 + 10395.0 * a6;
    series[1] = a1 - 6.0 * a2 + 45.0 * a3 - 420.0 * a4 + 4725.0 * a5 - 62370.0 * a6;
    series[2] = a2 - 15.0 * a3 + 210.0 * a4 - 3150.0 * a5 + 51975.0 * a6;
    series[3] = a3 - 28.0 * a4 + 630.0 * a5 - 13860.0 * a6;
    series[4] = a4 - 45.0 * a5 + 1485.0 * a6;
    series[5] = a5 - 66.0 * a6;
    series[6] = a6;
}

/* Add `sign` times what delta gains from each spot of one contract's window to the next, the last one's gain
 * included; `middle` is d1 halfway the first step. */
INLINE void add_gains(const Windows *in, Py_ssize_t i, double sign, double middle, double b, double log_step,
                      double *out) {
    double value[LANES], ratio[LANES], where[LANES], series[TERMS];
    double g = sign * in->value[i], r = in->ratio[i], strip = in->strip[i], step = in->strip_step[i];
    double stride = LANES * b;
    gain_series(log_step, b, series);
    for (int lane = 0; lane < LANES; lane++) {
        value[lane] = g, ratio[lane] = strip, where[lane] = middle + lane * b;
        g *= r, r *= in->ratio_step[i], strip *= in->strip_lane[i];
    }
    for (Py_ssize_t strips = strips_of(in, i); strips > 0; strips--, out += LANES) {
        INDEPENDENT
        for (int lane = 0; lane < LANES; lane++) {
            double y = where[lane] * where[lane];
            double p = series[0] + y * (series[1] + y * (series[2] + y * (series[3] + y * (series[4] +
                       y * (series[5] + y * series[6])))));
            out[lane] += value[lane] * p;
            value[lane] *= ratio[lane], ratio[lane] *= step, where[lane] += stride;
        }
    }
}

/* sign weight exp(-q t) N(sign d1) where d1 = d + j b. An int, because few instruction sets convert longer ones. */
INLINE void add_deltas(int spots, double sign, double asset, double d, double b, double *out) {
    INDEPENDENT
    for (int j = 0; j < spots; j++) out[j] += sign * asset * normal_cdf(sign * (d + j * b));
}

/* A call gains from its window's first spot up to its value far in the money; a put, the same way down. */
INLINE void add_call_gains(const Windows *in, Py_ssize_t i, double asset, double d, double b, double log_step,
                           double *upward) {
    Py_ssize_t first = in->first[i], end = first + in->spots[i];
    upward[first] += asset * normal_cdf(d);
    upward[end] += asset * normal_cdf(-d - (double)in->spots[i] * b);
    add_gains(in, i, 1.0, d + 0.5 * b, b, log_step, upward + first + 1);
}

INLINE void add_put_gains(const Windows *in, Py_ssize_t i, double asset, double d, double b, double log_step,
                          double *downward) {
    Py_ssize_t first = in->first[i], end = first + in->spots[i];
    downward[end - 1] -= asset * normal_cdf(-d - (double)in->spots[i] * b);
    if (first > 0) downward[first - 1] -= asset * normal_cdf(d);
    add_gains(in, i, -1.0, d + 0.5 * b, b, log_step, downward + first);
}

MULTIVERSION void add_delta_windows(Py_ssize_t n, BookColumns in, const double *sign, Ladder ladder,
                                    const Windows *windows, DeltaSums out) {
    for (Py_ssize_t i = 0; i < n; i++) {
        if (in.weight[i] == 0.0) continue;
        Bell bell = bell_at(in, ladder.spot[0], i);
        double asset = asset_at(in, i), b = ladder.log_step * bell.inv_w;
        Py_ssize_t first = windows->first[i], spots = windows->spots[i], end = first + spots;
        double d = log_ratio(windows->start[i], in.strike[i]) * bell.inv_w + bell.shift;
        if (b <= WIDEST_STEP && spots >= FEWEST_SPOTS) {
            if (sign[i] > 0.0)
                add_call_gains(windows, i, asset, d, b, ladder.log_step, out.upward);
            else
                add_put_gains(windows, i, asset, d, b, ladder.log_step, out.downward);
            continue;
        }
        add_deltas((int)spots, sign[i], asset, d, b, out.here + first);
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
        if (invalid) continue;
        seed_windows(rows, book, ladder, 0.5 * ladder.log_step, &windows);
        add_delta_windows(rows, book, sign.rows, ladder, &windows, out);
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
