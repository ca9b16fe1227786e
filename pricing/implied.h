/* Total volatility w = sigma sqrt(t) from a price, by inverting Black's (1976) formula row by row.
 *
 * The time value of the out-of-the-money option, over sqrt(F K), is b(w) = exp(-x/2) N(t - h) - exp(x/2) N(-t - h) with
 * x = |ln(F / K)|, h = x / w, t = w / 2. ln b is increasing and concave in w and nearly a parabola in 1 / w, so that
 * Householder's step of order four on ln b lands within 1e-12 after one or two steps from a fair first guess. */
#ifndef GEX_IMPLIED_H
#define GEX_IMPLIED_H

#include "contract.h"

/* The values of gex.pricing.Status. */
enum { CONVERGED = 0, BELOW_INTRINSIC = 1, ABOVE_BOUND = 2, NOT_FINITE = 3 };

#define LN_SQRT_2PI 0.91893853320467274178
/* Below this half-width t, differences of neighbouring tails are taken by their Taylor series. */
#define SMALL_T 0.02
/* A relative Newton step below this leaves an error of about its fourth power. */
#define LAST_STEP 1e-5
enum { MAX_STEPS = 200 };
/* Limits of the first guess: ln(F / K) up to which its expansion holds, and the largest total volatility. */
#define WIDE 4.0
#define HIGH_GUESS 8.0

INLINE double mills(double z) {
    TailRatio ratio = tail_ratio(z);
    return SQRT_2PI * ratio.p / ratio.q;
}

/* m(h - t) - m(h + t) for small t, where m is Mills' ratio: m' = z m - 1, m[k+1] = z m[k] + k m[k-1]. */
INLINE double narrow_difference(double h, double t) {
    double m0 = mills(h);
    double m1 = h * m0 - 1.0, m2 = h * m1 + m0, m3 = h * m2 + 2.0 * m1, m4 = h * m3 + 3.0 * m2;
    double m5 = h * m4 + 4.0 * m3, m6 = h * m5 + 5.0 * m4, m7 = h * m6 + 6.0 * m5;
    double t2 = t * t;
    return -2.0 * t * (m1 + t2 / 6.0 * (m3 + t2 / 20.0 * (m5 + t2 / 42.0 * m7)));
}

typedef struct {
    double log_value, vega_ratio; /* ln b and b' / b */
} LogValue;

INLINE LogValue log_value(double x, double w) {
    double h = x / w, t = 0.5 * w;
    double exponent = -0.5 * (h * h + t * t) - LN_SQRT_2PI; /* of b' */
    LogValue result;
    if (t < h || t < SMALL_T) {
        double difference = t < SMALL_T ? narrow_difference(h, t) : mills(h - t) - mills(h + t);
        result.log_value = log(difference) + exponent;
        result.vega_ratio = 1.0 / difference;
    } else { /* past the money by the option's own measure: the bound less two tails */
        double slope = exp(exponent);
        double value = exp(-0.5 * x) - slope * (mills(t - h) + mills(t + h));
        result.log_value = log(value);
        result.vega_ratio = slope / value;
    }
    return result;
}

/* First guess: invert the normal model (one polynomial), then turn its deviation into the lognormal one by the
 * leading terms of their ratio. Where strike and forward are too far apart for those, start where b bends. x = |ln(F / K)|, distance = |F - K| / sqrt(F K), value = b. */
INLINE double first_guess(double x, double distance, double value) {
    if (x > WIDE) return sqrt(2.0 * x);
    double mixed = value + GUESS_MIX * distance;
    double loss = log(mixed / value), u = sqrt(loss + GUESS_OFFSET);
    double u2 = u * u, u4 = u2 * u2, u8 = u4 * u4;
    double inverse = (((GUESS_0 + GUESS_1 * u) + (GUESS_2 + GUESS_3 * u) * u2) +
                      ((GUESS_4 + GUESS_5 * u) + (GUESS_6 + GUESS_7 * u) * u2) * u4) +
                     ((GUESS_8 + GUESS_9 * u) + GUESS_10 * u2) * u8;
    double normal = loss < GUESS_MAX_LOG ? mixed / inverse : distance / sqrt(2.0 * loss);
    double flat = normal * (distance > 1e-9 ? x / distance : 1.0);
    double quadratic = (1.0 - x * x / 120.0) / 24.0;
    double w = flat;
    for (int sweep = 0; sweep < 3; sweep++) w = flat * (1.0 + w * w * (quadratic + w * w / 5760.0));
    return w < HIGH_GUESS ? w : HIGH_GUESS;
}

/* w with b(w) = value, for 0 < value < exp(-x / 2). */
INLINE double solve_total_volatility(double x, double distance, double value) {
    double target = log(value), low = 0.0, high = INFINITY;
    double w = first_guess(x, distance, value);
    for (int step = 0; step < MAX_STEPS; step++) {
        LogValue at = log_value(x, w);
        double error = at.log_value - target;
        if (error < 0.0) low = w;
        if (error > 0.0) high = w;
        double h = x / w, r = at.vega_ratio;
        double second = h * h / w - 0.25 * w;                                        /* b'' / b' */
        double third = second * second - 3.0 * h * h / (w * w) - 0.25;               /* b''' / b' */
        double a = second - r, c = third - 3.0 * second * r + 2.0 * r * r;           /* of ln b, over (ln b)' */
        double newton = -error / r;
        double next = w + newton * (1.0 + 0.5 * a * newton) / (1.0 + newton * (a + c * newton / 6.0));
        if (fabs(newton) <= LAST_STEP * w) return next;
        if (!(next > low && next < high)) next = high < INFINITY ? 0.5 * (low + high) : 2.0 * w;
        if (high - low <= 1e-15 * w) return next;
        w = next;
    }
    return w;
}

INLINE int implied_row(double price, double forward, double strike, double discount, int is_call, double *w) {
    *w = NAN;
    if (!(forward > 1e-150 && forward < 1e150 && strike > 1e-150 && strike < 1e150 && discount > 0.0 &&
          discount < 1e150 && fabs(price) < 1e300))
        return NOT_FINITE;
    double intrinsic = is_call ? forward - strike : strike - forward;
    double time_value = price / discount - (intrinsic > 0.0 ? intrinsic : 0.0);
    if (!(time_value > 0.0)) return BELOW_INTRINSIC;
    if (time_value >= (forward < strike ? forward : strike)) return ABOVE_BOUND;
    double scale = 1.0 / sqrt(forward * strike);
    *w = solve_total_volatility(fabs(log_ratio(forward, strike)), fabs(forward - strike) * scale, time_value * scale);
    return CONVERGED;
}

/* The columns: price, forward, strike, discount. */
static void implied_rows(Py_ssize_t n, const Input in[4], const unsigned char *is_call, Py_ssize_t flags, double *w,
                         signed char *status) {
    for (Py_ssize_t i = 0; i < n; i++) {
        double row[4];
        for (int k = 0; k < 4; k++) row[k] = in[k].values[in[k].length == 1 ? 0 : i];
        status[i] = (signed char)implied_row(row[0], row[1], row[2], row[3], is_call[flags == 1 ? 0 : i], &w[i]);
    }
}

#endif
