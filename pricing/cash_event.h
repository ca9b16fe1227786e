/* What an ex-date does to the premium, looking back in time: D jumps up by the dividend.
 *
 * A put is never exercised just before: its premium stays, with a jump of its curvature where the boundary was. A call is
 * exercised just before where that is worth more, which leaves a kink. */
#ifndef GEX_CASH_EVENT_H
#define GEX_CASH_EVENT_H

#include "cash_boundary.h"

/* The width in steps that a grid resolves. */
#define SMOOTH_STEPS 3.0

/* What stays on the grid is as wide as its nodes resolve, or as the price is now at the kink, unless that has a finer
 * structure of its own there from the time since. */
INLINE double kept_width(const Batch *b, int l, double until, double since) {
    double price = b->sigma[l] * sqrt(until), past = 0.5 * b->sigma[l] * sqrt(since), steps = SMOOTH_STEPS * b->step[l];
    double smooth = price < past ? price : past;
    return sqrt(steps * steps + smooth * smooth);
}

/* Beyond so many widths nothing is taken off. */
#define KINK_REACH 8.5

MULTIVERSION void take_off(const Batch *b, const Exercise *e, Row *u) {
    double first = GRID, last = 0.0;
    for (int l = 0; l < ABREAST; l++) {
        double at = b->kink.at[l] / b->step[l], reach = KINK_REACH * b->kink.width[l] / b->step[l];
        first = at - reach < first ? at - reach : first, last = at + reach > last ? at + reach : last;
    }
    for (int i = first > 0.0 ? (int)first : 0; i < GRID && i <= last; i++) {
        INDEPENDENT
        for (int l = 0; l < ABREAST; l++) u[i][l] -= kink_part(e, l, b->sign[l], node_at(b, l, i));
    }
}

/* The jump at a put's boundary: W of the next nodes is z^2 (c / sigma^2 + z (twist + ...)), z their distance. */
static void bend_at_boundary(const Row *exercise, const Row *u, int l, Batch *b) {
    double step = b->step[l], at = (b->edge[l] + 1.0 - b->share[l]) * step, z[2], twist[2];
    double bend = carry_at(b, l, spot_at(b, l, at / step)) / (b->sigma[l] * b->sigma[l]);
    for (int k = 0; k < 2; k++) {
        int i = (int)b->edge[l] + 2 + k;
        z[k] = i * step - at;
        twist[k] = ((u[i][l] - exercise[i][l]) / (z[k] * z[k]) - bend) / z[k];
    }
    b->kink.at[l] = at;
    b->kink.bend[l] = -bend;
    b->kink.twist[l] = twist[0] - (twist[1] - twist[0]) / (z[1] - z[0]) * z[0];
    b->kink.taken = 1;
}

INLINE double gain_of_waiting(const Batch *b, const Exercise *e, int l, double spot) {
    return b->cash[l] - e->cash[l] + (b->asset[l] - e->asset[l]) * spot;
}

/* Puts: what is exercised after the ex-date is written to the grid in full, or what it pays to wait for; before it, nothing
 * is exercised. */
static void pass_puts(int last, const double *paid, const Exercise *e, Row *exercise, Row *u, Batch *b) {
    int most = -1;
    for (int l = 0; l < ABREAST; l++) most = b->edge[l] > most ? (int)b->edge[l] : most;
    exercise_along(b, e, most + 4 < GRID ? most + 4 : GRID, exercise);
    for (int l = 0; l < ABREAST; l++) {
        for (int i = 0; i <= (int)b->edge[l]; i++) {
            double gain = b->probe[l] > 0.0 ? gain_of_waiting(b, e, l, spot_at(b, l, i)) : 0.0;
            u[i][l] = exercise[i][l] + (gain > 0.0 ? gain : 0.0);
        }
        if (last && b->edge[l] >= 0.0 && b->edge[l] < GRID - 4.0) bend_at_boundary(exercise, u, l, b);
        b->edge[l] = -1.0, b->exercised[l] = 0.0;
        b->escrow[l] += paid[l];
    }
}

/* The cubic through four values at -1, 0, 1 and 2, and its root between 0 and 1. */
typedef struct {
    double c[4], root;
} Cubic;

INLINE Cubic cubic_through(const double v[4]) {
    Cubic p = {{v[1], 0.0, 0.5 * (v[2] + v[0]) - v[1], (v[3] - v[0]) / 6.0 - 0.5 * (v[2] - v[1])}, v[1] / (v[1] - v[2])};
    p.c[1] = v[2] - v[1] - p.c[2] - p.c[3];
    for (int round = 0; round < 4; round++) {
        double t = p.root, slope = p.c[1] + t * (2.0 * p.c[2] + t * 3.0 * p.c[3]);
        t -= (p.c[0] + t * (p.c[1] + t * (p.c[2] + t * p.c[3]))) / slope;
        p.root = t > 0.0 ? (t < 1.0 ? t : 1.0) : 0.0;
    }
    return p;
}

/* The kink between nodes i and i + 1, from what exercise gains around it. At the last ex-date it is taken off the grid; at
 * others the values on both sides get what makes trapezoidal sums right (the Euler-Maclaurin formula at a kink). */
static void bend_call(int last, Cubic gain, int i, int l, Row *u, Batch *b) {
    double t = gain.root, step = b->step[l], slope = gain.c[1] + t * (2.0 * gain.c[2] + t * 3.0 * gain.c[3]);
    double far = 1.0 - t;
    if (last) {
        b->kink.at[l] = (i + t) * step;
        b->kink.slope[l] = -slope / step;
        b->kink.bend[l] = (gain.c[2] + 3.0 * t * gain.c[3]) / (step * step);
        b->kink.twist[l] = -gain.c[3] / (step * step * step);
        b->kink.taken = 1;
    } else {
        u[i][l] -= slope * (far * far * far / 6.0 - far / 12.0);
        u[i + 1][l] -= slope * (t * t * t / 6.0 - t / 12.0);
    }
}

/* A call before its ex-date is worth what exercise pays, where that is more. Where it would be exercised after it as well,
 * that is more by the dividend. */
static void pass_call(int last, double paid, const Row *exercise, int l, Row *u, Batch *b) {
    double gain[4];
    int edge = GRID - 1;
    for (int i = 0; i <= (int)b->edge[l]; i++) u[i][l] = exercise[i][l] - paid;
    while (edge >= 0 && exercise[edge][l] <= u[edge][l]) edge--;
    int inner = edge > 0 && edge < GRID - 2;
    for (int k = 0; inner && k < 4; k++) gain[k] = exercise[edge - 1 + k][l] - u[edge - 1 + k][l];
    for (int i = 0; i <= edge; i++) u[i][l] = exercise[i][l] > u[i][l] ? exercise[i][l] : u[i][l];
    if (inner) bend_call(last, cubic_through(gain), edge, l, u, b);
    while (edge >= 0 && carry_at(b, l, spot_at(b, l, edge)) <= 0.0) edge--;
    b->edge[l] = edge;
}

static void pass_calls(int last, const double *paid, const Exercise *e, Row *exercise, Row *u, Batch *b) {
    exercise_along(b, e, GRID, exercise);
    for (int l = 0; l < ABREAST; l++) {
        double spot = b->end[l];
        pass_call(last, paid[l], exercise, l, u, b);
        if (e->cash[l] + e->asset[l] * spot > b->cash[l] + b->asset[l] * spot)
            b->cash[l] = e->cash[l], b->asset[l] = e->asset[l];
    }
}

#endif
