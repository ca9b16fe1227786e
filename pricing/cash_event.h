/* What an ex-date does to the premium, looking back in time: D jumps up by the dividend.
 *
 * A put is never exercised just before: its premium stays, with a jump of its curvature where the boundary was. A call is
 * exercised just before where that is worth more, which leaves a kink. Both are felt in gamma until time has smoothed
 * them, and at first on a scale far below the grid's: at the last such event, the one nearest to now, jumps of the first
 * three derivatives are taken off the grid and carried on in closed form. With Z normal and m_k(x) = E[max(x + Z, 0)^k],
 *
 *     max(y, 0)^k becomes w^k m_k(y / w),    w = sigma sqrt(t),
 *
 * and what is taken off is that for w = 0 less that for w = width: nothing far from the kink, a smooth rest near it. */
#ifndef GEX_CASH_EVENT_H
#define GEX_CASH_EVENT_H

#include "cash_boundary.h"

/* The width in steps that a grid resolves. */
#define SMOOTH_STEPS 3.0

/* Jumps of u, u'' / 2 and u''' / 6 from the side out of the money to the other one, which lies towards node 0. */
typedef struct {
    Row slope, bend, twist;
    Row at;    /* where: distance from node 0 */
    Row width; /* of what stays on the grid */
} Kink;

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

/* The grid's width there, or that of the price at the kink now, or half that of its past, whichever is larger. */
INLINE double kept_width(const Batch *b, int l, double until, double since) {
    double price = b->sigma[l] * sqrt(until), past = 0.5 * b->sigma[l] * sqrt(since), steps = SMOOTH_STEPS * b->step[l];
    double smooth = price < past ? price : past;
    return sqrt(steps * steps + smooth * smooth);
}

MULTIVERSION void take_off(const Batch *b, const Kink *k, Row *u) {
    for (int i = 0; i < GRID; i++) {
        INDEPENDENT
        for (int l = 0; l < ABREAST; l++) {
            double z = k->at[l] - i * b->step[l];
            u[i][l] -= removed_at(k->slope[l], k->bend[l], k->twist[l], k->width[l], z, 1e-9 * k->width[l]).value;
        }
    }
}

/* The jump at a put's boundary: W of the next nodes is z^2 (c / sigma^2 + z (twist + ...)), z their distance. */
static void bend_at_boundary(const Batch *b, const Exercise *e, const Row *u, int l, Kink *out) {
    double step = b->step[l], at = (b->edge[l] + 1.0 - b->share[l]) * step, twist[2];
    double spot = spot_at(b, l, at / step), bend = carry_at(b, l, spot) / (b->sigma[l] * b->sigma[l]), z[2];
    for (int k = 0; k < 2; k++) {
        int i = (int)b->edge[l] + 2 + k;
        double x = node_at(b, l, i), w = u[i][l] - premium_of_exercise(e, l, b->sign[l], x, fast_exp(x));
        z[k] = i * step - at;
        twist[k] = (w / (z[k] * z[k]) - bend) / z[k];
    }
    out->at[l] = at;
    out->bend[l] = -bend;
    out->twist[l] = twist[0] - (twist[1] - twist[0]) / (z[1] - z[0]) * z[0];
}

/* Puts at an ex-date: what is exercised after it is written to the grid in full. */
static void pass_puts(Batch *b, const Exercise *e, Row *scratch, Row *u) {
    double last = -1.0;
    for (int l = 0; l < ABREAST; l++) last = b->edge[l] > last ? b->edge[l] : last;
    exercise_along(b, e, (int)last + 1, scratch);
    for (int l = 0; l < ABREAST; l++)
        for (int i = 0; i <= (int)b->edge[l]; i++) u[i][l] = scratch[i][l];
}

/* The cubic through four values at -1, 0, 1 and 2, and its root between 0 and 1. */
typedef struct {
    double c[4], root;
} Cubic;

INLINE Cubic cubic_through(double before, double first, double second, double after) {
    Cubic p;
    p.c[0] = first, p.c[2] = 0.5 * (second + before) - first, p.c[3] = (after - before) / 6.0 - 0.5 * (second - first);
    p.c[1] = second - first - p.c[2] - p.c[3];
    p.root = first / (first - second);
    for (int round = 0; round < 4; round++) {
        double t = p.root, slope = p.c[1] + t * (2.0 * p.c[2] + t * 3.0 * p.c[3]);
        t -= (p.c[0] + t * (p.c[1] + t * (p.c[2] + t * p.c[3]))) / slope;
        p.root = t > 0.0 ? (t < 1.0 ? t : 1.0) : 0.0;
    }
    return p;
}

/* The kink between nodes i and i + 1 from what exercise gains there. Either it goes to `out`, or the values on both sides
 * get what makes the trapezoidal sums of the grid right (the Euler-Maclaurin formula at the kink). */
static void bend_call(const Batch *b, int l, int i, Cubic gain, int taken, Row *u, Kink *out) {
    double t = gain.root, step = b->step[l], slope = gain.c[1] + t * (2.0 * gain.c[2] + t * 3.0 * gain.c[3]);
    double far = 1.0 - t;
    if (taken) {
        out->at[l] = (i + t) * step;
        out->slope[l] = -slope / step;
        out->bend[l] = (gain.c[2] + 3.0 * t * gain.c[3]) / (step * step);
        out->twist[l] = -gain.c[3] / (step * step * step);
    } else {
        u[i][l] -= slope * (far * far * far / 6.0 - far / 12.0);
        u[i + 1][l] -= slope * (t * t * t / 6.0 - t / 12.0);
    }
}

/* A call before its ex-date is worth what exercise pays, where that is more; `dividend` is what exercise gains at once
 * where it would have been exercised after it as well. Returns the last node that is exercised, or -1. */
static int pass_call(const Batch *b, int l, double dividend, const Row *exercise, int last, Row *u, Kink *kink) {
    int edge = GRID - 1;
    for (int i = 0; i <= (int)b->edge[l]; i++) u[i][l] = exercise[i][l] - dividend;
    while (edge >= 0 && exercise[edge][l] <= u[edge][l]) edge--;
    if (edge < 1 || edge > GRID - 3) return edge;
    double gain[4];
    for (int k = 0; k < 4; k++) gain[k] = exercise[edge - 1 + k][l] - u[edge - 1 + k][l];
    for (int i = 0; i <= edge; i++) u[i][l] = exercise[i][l] > u[i][l] ? exercise[i][l] : u[i][l];
    int taken = last && carry_at(b, l, spot_at(b, l, edge)) <= 0.0;
    bend_call(b, l, edge, cubic_through(gain[0], gain[1], gain[2], gain[3]), taken, u, kink);
    return edge;
}

#endif
