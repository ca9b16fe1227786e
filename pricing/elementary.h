/* exp, ln(a/b) and the normal tail without branches, calls or tables: what a compiler needs to vectorise a loop over
 * contracts. ISO C; the coefficients are fitted by tests/pricing/make_coefficients.py. */
#ifndef GEX_ELEMENTARY_H
#define GEX_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "coefficients.h"
#include "dispatch.h"

/* ln 2 in two parts: the first has enough trailing zeros that n * LN2_HIGH is exact for every exponent n. */
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define LOG2_E 1.44269504088896340736
#define SQRT_2PI 2.50662827463100050242
#define INV_SQRT_2PI 0.39894228040143267794
#define TWO_52 4503599627370496.0

INLINE uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Below this fast_exp returns 0. A little above the true underflow, so that no product with it becomes subnormal:
 * subnormal operands cost this kernel 40% of its speed. */
#define EXP_UNDERFLOW -690.0

/* exp(x) for x <= 690. */
INLINE double fast_exp(double x) {
    /* Adding 1.5 * 2^52 rounds to an integer, which is then found in the low bits of the sum. */
    const double to_integer = 1.5 * TWO_52;
    double clamped = x < EXP_UNDERFLOW ? EXP_UNDERFLOW : x;
    double shifted = clamped * LOG2_E + to_integer;
    double n = shifted - to_integer;
    double r = (clamped - n * LN2_HIGH) - n * LN2_LOW;
    double r2 = r * r, r4 = r2 * r2;
    double q = ((EXP_0 + EXP_1 * r) + (EXP_2 + EXP_3 * r) * r2) +
               (((EXP_4 + EXP_5 * r) + (EXP_6 + EXP_7 * r) * r2) + (EXP_8 + EXP_9 * r) * r4) * r4;
    double power_of_two = from_bits((bits_of(shifted) << 52) + 0x3ff0000000000000ULL);
    double y = (1.0 + (r + r2 * q)) * power_of_two;
    return x < EXP_UNDERFLOW ? 0.0 : y;
}

/* ln(a / b) for a, b in [1e-150, 1e150], to a few units in the last place of the result.
 *
 * a / b is never formed: its rounding alone, 1e-16, would be divided by sigma sqrt(t) = 3e-4 in d1 of a contract that
 * expires today. With c = b 2^e the nearest such number to a, a - c is exact (Sterbenz) and
 * ln(a / c) = 2 atanh((a - c) / (a + c)) has a small relative error however close a and b are. */
INLINE double log_ratio(double a, double b) {
    /* The difference of the bit patterns, plus half an exponent step, holds e in its exponent field (biased by 1024
     * to keep it positive). */
    uint64_t difference = bits_of(a) - bits_of(b) + 0x4008000000000000ULL;
    double e = from_bits((difference >> 52) | 0x4330000000000000ULL) - (TWO_52 + 1024.0);
    double power_of_two = from_bits((difference & 0xfff0000000000000ULL) - 0x0010000000000000ULL);
    double c = b * power_of_two;
    double s = (a - c) / (a + c);
    double w = s * s, w2 = w * w, w4 = w2 * w2;
    double series = ((LOG_0 + LOG_1 * w) + (LOG_2 + LOG_3 * w) * w2) +
                    ((LOG_4 + LOG_5 * w) + (LOG_6 + LOG_7 * w) * w2) * w4;
    return e * LN2_HIGH + (2.0 * s + (s * w * series + e * LN2_LOW));
}

/* N(-x) = exp(-x^2 / 2) p / q for x >= 0. All coefficients are positive: no cancellation anywhere. */
typedef struct {
    double p, q;
} TailRatio;

INLINE TailRatio tail_ratio(double x) {
    double y = x > 40.0 ? 40.0 : x; /* beyond, exp(-x^2 / 2) is zero */
    double y2 = y * y, y4 = y2 * y2, y8 = y4 * y4;
    TailRatio ratio;
    ratio.p = ((TAIL_P_0 + TAIL_P_1 * y) + (TAIL_P_2 + TAIL_P_3 * y) * y2) +
              ((TAIL_P_4 + TAIL_P_5 * y) + (TAIL_P_6 + TAIL_P_7 * y) * y2) * y4 + (TAIL_P_8 + TAIL_P_9 * y) * y8;
    ratio.q = ((TAIL_Q_0 + TAIL_Q_1 * y) + (TAIL_Q_2 + TAIL_Q_3 * y) * y2) +
              ((TAIL_Q_4 + TAIL_Q_5 * y) + (TAIL_Q_6 + TAIL_Q_7 * y) * y2) * y4 +
              ((TAIL_Q_8 + TAIL_Q_9 * y) + TAIL_Q_10 * y2) * y8;
    return ratio;
}

#endif
