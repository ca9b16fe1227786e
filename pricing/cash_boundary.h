/* The exercise boundary of each contract at one time, between two nodes.
 *
 * After the inward sweep the premium in continuation obeys u_i = y_i + ratio u_(i-1). With W = u less the premium of
 * exercise, and W = c / sigma^2 (x - b)^2 next to the boundary b, where c is the carry of exercise (W and its slope vanish
 * there, and so does its change in time), that relation at the first node beyond b is a quadratic equation for b: the
 * boundary needs no finer grid. In units of c step^2 / sigma^2, with t the distance of b from that node in steps,
 *
 *     t^2 - ratio (1 - t)^2 = gap,    gap = y_i + ratio u_(i-1) - u_i of the premiums of exercise,
 *
 * which has its root in [0, 1] for a gap from -ratio to 1; otherwise the boundary lies elsewhere. */
#ifndef GEX_CASH_BOUNDARY_H
#define GEX_CASH_BOUNDARY_H

#include "cash_sweep.h"

/* Nodes on the far side of a boundary that are kept up to date, for when it recedes; no further than that at one step. After
 * a dividend that was worth much more than what exercise earns otherwise, the boundary of a call runs for a while. */
enum { KEPT = 12, KEPT_RUNNING = 40 };
#define RUNNING 0.35 /* of a part */

/* A carry below this, in strikes a year, leaves the equation without a scale. */
#define LEAST_CARRY 1e-7

typedef struct {
    Row node, spot; /* a candidate for the last exercised node */
    Row low, high;  /* the premiums of exercise there and at the next node */
    Row next;       /* y at the next node */
    Row scale, gap;
    Row turn;       /* the way the search goes: 1 outward, -1 inward, 0 not known yet */
    Row moves;      /* what to add to `node`: 1, -1, or 0 where it has come to its end */
} Hunt;

INLINE void begin_search(const Batch *b, const Exercise *e, Hunt *s) {
    Row x, next, beyond;
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) {
        s->node[l] = b->edge[l] >= 0.0 ? b->edge[l] : b->probe[l], s->turn[l] = 0.0;
        x[l] = node_at(b, l, s->node[l]), next[l] = x[l] + b->sign[l] * b->step[l];
        s->spot[l] = fast_exp(x[l]), beyond[l] = s->spot[l] * b->growth[l];
    }
    exercise_at(b, e, x, s->spot, s->low);
    exercise_at(b, e, next, beyond, s->high);
}

/* See what the gap says about the candidate. */
INLINE void judge(const Batch *b, const Weights *w, int kept, int l, Hunt *s) {
    double here = carry_at(b, l, s->spot[l]), beyond = carry_at(b, l, s->spot[l] * b->growth[l]);
    double carry = 0.5 * (here + beyond), ratio = w->outward[l], step = b->step[l] / b->sigma[l];
    double scale = (carry > LEAST_CARRY ? carry : LEAST_CARRY) * step * step;
    double gap = (s->next[l] + ratio * s->low[l] - s->high[l]) / scale;
    int outward = (gap < -ratio) & (beyond > 0.0) & (s->node[l] < GRID - 4.0) & (s->turn[l] >= 0.0);
    int inward = ((gap > 1.0) | (here <= 0.0)) & (s->node[l] > 0.0) & (s->turn[l] <= 0.0) & (s->node[l] > b->edge[l] - kept);
    s->moves[l] = b->exercised[l] * (outward ? 1.0 : inward ? -1.0 : 0.0);
    s->scale[l] = scale, s->gap[l] = gap;
}

INLINE void move_on(const Batch *b, const Exercise *e, Hunt *s) {
    Row x, spot, found;
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) {
        double moves = s->moves[l], growth = moves > 0.0 ? b->growth[l] : moves < 0.0 ? 1.0 / b->growth[l] : 1.0;
        s->node[l] += moves, s->spot[l] *= growth;
        x[l] = node_at(b, l, moves > 0.0 ? s->node[l] + 1.0 : s->node[l]);
        spot[l] = s->spot[l] * (moves > 0.0 ? b->growth[l] : 1.0);
    }
    exercise_at(b, e, x, spot, found);
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) {
        double moves = s->moves[l], low = moves > 0.0 ? s->high[l] : found[l], high = moves > 0.0 ? found[l] : s->low[l];
        s->low[l] = moves != 0.0 ? low : s->low[l];
        s->high[l] = moves != 0.0 ? high : s->high[l];
        s->turn[l] = moves != 0.0 ? moves : s->turn[l];
    }
}

/* The root, and the value it gives the next node. Where the grid is too coarse for a root, that value is at least what
 * exercise is worth. */
INLINE void settle(const Weights *w, const Hunt *s, int l, Batch *b, double *value) {
    double ratio = w->outward[l], gap = s->gap[l] < 1.0 ? s->gap[l] : 1.0, sum = gap > -ratio ? ratio + gap : 0.0;
    double t = sum / (ratio + sqrt(ratio * ratio + (1.0 - ratio) * sum) + 1e-300), rest = 1.0 - t;
    double next = s->next[l] + ratio * (s->low[l] + s->scale[l] * rest * rest);
    b->share[l] = t < 1.0 ? t : 1.0;
    b->edge[l] = b->exercised[l] > 0.0 ? s->node[l] : -1.0;
    value[l] = next > s->high[l] ? next : s->high[l];
}

/* Write the premiums of exercise from the boundary on to `kept` nodes behind it, and the value of the node before it. */
INLINE void keep_exercised(const Batch *b, const Exercise *e, int kept, const Hunt *s, const double *value, Row *u) {
    Row x, spot, found;
    memcpy(spot, s->spot, sizeof spot);
    for (int k = 0; k <= kept; k++) {
        INDEPENDENT
        for (int l = 0; l < ABREAST; l++) x[l] = node_at(b, l, b->edge[l] - k);
        exercise_at(b, e, x, spot, found);
        for (int l = 0; l < ABREAST; l++) spot[l] /= b->growth[l];
        for (int l = 0; l < ABREAST; l++)
            if (b->edge[l] >= k) u[(int)b->edge[l] - k][l] = found[l];
    }
    for (int l = 0; l < ABREAST; l++)
        if (b->edge[l] >= 0.0) u[(int)b->edge[l] + 1][l] = value[l];
}

/* Find the boundaries from the inward sweep, y, and write what they say to u. */
MULTIVERSION void find_boundaries(const Exercise *e, const Weights *w, int kept, const Row *y, Row *u, Batch *b) {
    Hunt s;
    Row value;
    begin_search(b, e, &s);
    for (;;) {
        double open = 0.0;
        for (int l = 0; l < ABREAST; l++) s.next[l] = y[(int)s.node[l] + 1][l];
        INDEPENDENT
        for (int l = 0; l < ABREAST; l++) judge(b, w, kept, l, &s);
        for (int l = 0; l < ABREAST; l++) open += fabs(s.moves[l]);
        if (open == 0.0) break;
        move_on(b, e, &s);
    }
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) settle(w, &s, l, b, value);
    keep_exercised(b, e, kept, &s, value, u);
}

#endif
