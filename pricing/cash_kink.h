/* Kinks of the premium, carried on in closed form.
 *
 * An ex-date leaves a jump in the premium's slope or curvature, which is felt in gamma until time has smoothed it, and at
 * first on a scale far below the grid's. So at the ex-date nearest to now the jumps of the first three derivatives are
 * taken off the grid. With Z normal and m_k(x) = E[max(x + Z, 0)^k],
 *
 *     max(z, 0)^k becomes w^k m_k(z / w),    w = sigma sqrt(t),
 *
 * and what is taken off is that for w = 0 less that for w = width: nothing far from the kink, a smooth rest near it. */
#ifndef GEX_CASH_KINK_H
#define GEX_CASH_KINK_H

#include "elementary.h"

/* N(-a) and n(a): all that the functions below need, a being |z| / w. */
typedef struct {
    double a, tail, density;
} Gauss;

INLINE Gauss gauss_of(double a) {
    TailRatio ratio = tail_ratio(a);
    double g = fast_exp(-0.5 * a * a);
    Gauss out = {a, g * ratio.p / ratio.q, g * INV_SQRT_2PI};
    return out;
}

/* m_k(-a). */
INLINE double mean1(Gauss g) { return g.density - g.a * g.tail; }
INLINE double mean2(Gauss g) { return (g.a * g.a + 1.0) * g.tail - g.a * g.density; }
INLINE double mean3(Gauss g) { return (g.a * g.a + 2.0) * g.density - (g.a * g.a + 3.0) * g.a * g.tail; }

/* The part taken off the grid at the distance z from the kink, after a time in which w = sigma sqrt(t), and its
 * derivatives by z. The polynomials that both terms have in common on the side z > 0 cancel. */
typedef struct {
    double value, slope, bend;
} Removed;

INLINE Removed removed_at(double slope, double bend, double twist, double width, double z, double w) {
    double wide2 = w * w + width * width, wide = sqrt(wide2), side = z > 0.0 ? -1.0 : 1.0, a = fabs(z);
    Gauss s = gauss_of(a / w), g = gauss_of(a / wide);
    double one = w * mean1(s) - wide * mean1(g), none = s.tail - g.tail;
    double two = w * w * mean2(s) - wide2 * mean2(g) + width * width * g.tail, rest = width * width * g.density / wide;
    double three = w * w * w * mean3(s) - wide2 * wide * mean3(g) + 3.0 * width * width * wide * mean1(g);
    Removed out;
    out.value = slope * one + bend * side * two + twist * three;
    out.slope = slope * side * none + bend * (2.0 * one + rest) + twist * 3.0 * side * two;
    out.bend = slope * (s.density / w - g.density / wide) + bend * side * (2.0 * none + a * rest / wide2) +
               twist * (6.0 * one + 3.0 * rest);
    return out;
}

#endif
