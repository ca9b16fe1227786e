/* One implicit step of the heat equation on all grids of a batch.
 *
 * In v = exp(tilt i step) u the equation u' = sigma^2 / 2 u_xx + drift u_x - rate u has no first derivative, and
 * Numerov's differences are of fourth order: (1 + d^2 / 12) ((1 + decay h) v - f) = h sigma^2 / 2 d^2 v / step^2. Since the
 * matrix has the same three numbers in every row and v dies out beyond the last node, it factors into two recurrences with
 * one constant: y_i = m_i + ratio y_(i+1) from out of the money inwards, v_i = y_i + ratio v_(i-1) back again. Between the
 * two the boundary is found (cash_boundary.h): the method of lines (Meyer and van der Hoek, 1997). */
#ifndef GEX_CASH_SWEEP_H
#define GEX_CASH_SWEEP_H

#include "cash_batch.h"

/* Four contracts in a vector of the compiler's, or one. */
#if defined(__GNUC__)
typedef double Quad __attribute__((vector_size(32), aligned(8)));
#define ALIGNED __attribute__((aligned(64)))
#else
typedef double Quad;
#define ALIGNED
#endif
enum { QUADS = ABREAST * sizeof(double) / sizeof(Quad) };

/* Premiums at one time. The row beyond the last node stays zero. */
typedef struct {
    Row at[GRID + 1];
} Level;

typedef struct {
    Level levels[LEVELS], inward;
    Level *past[LEVELS]; /* the latest first */
} Grid;

typedef struct {
    Row below, here, above; /* of the past at three nodes, in m */
    Row inward, outward;    /* the ratios of the recurrences, the tilt undone */
} Weights;

/* Below the step's twelfth part of a squared node distance, Numerov's weight shrinks to keep the ratio positive. */
INLINE void set_weights(const Batch *b, const double *implicit, Weights *out) {
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) {
        double spread = b->half_variance[l] * implicit[l], own = 1.0 + b->decay[l] * implicit[l];
        double side = spread < own * (1.0 / 12.0) ? spread / own : 1.0 / 12.0;
        double off = spread - own * side, middle = own * (1.0 - 2.0 * side) + 2.0 * spread;
        double scale = 2.0 / (middle + sqrt(own * (own * (1.0 - 4.0 * side) + 4.0 * spread)));
        double up = fast_exp(b->tilt[l]), down = fast_exp(-b->tilt[l]);
        out->below[l] = scale * side * up, out->here[l] = scale * (1.0 - 2.0 * side), out->above[l] = scale * side * down;
        out->inward[l] = scale * off * down, out->outward[l] = scale * off * up;
    }
}

INLINE void combine(const double *w, Level *const past[LEVELS], int i, Quad out[QUADS]) {
    const Quad *a = (const Quad *)past[0]->at[i], *b = (const Quad *)past[1]->at[i];
    const Quad *c = (const Quad *)past[2]->at[i], *d = (const Quad *)past[3]->at[i];
    for (int k = 0; k < QUADS; k++)
        out[k] = (a[k] * w[0] + b[k] * w[1]) + (c[k] * w[2] + d[k] * w[3]);
}

/* From the last node down to `low`, which is above 0. */
MULTIVERSION void sweep_inward(const Step *step, const Weights *weights, int low, Level *const past[LEVELS], Row *out) {
    Weights w = *weights;
    Step s = *step;
    const Quad *below = (const Quad *)w.below, *here = (const Quad *)w.here, *above = (const Quad *)w.above;
    const Quad *ratio = (const Quad *)w.inward;
    Quad y[QUADS], high[QUADS], middle[QUADS], next[QUADS];
    combine(s.past, past, GRID, high);
    combine(s.past, past, GRID - 1, middle);
    for (int k = 0; k < QUADS; k++) y[k] = high[k];
    for (int i = GRID - 1; i >= low; i--) {
        combine(s.past, past, i - 1, next);
        Quad *to = (Quad *)out[i];
        for (int k = 0; k < QUADS; k++) {
            Quad m = here[k] * middle[k] + (below[k] * next[k] + above[k] * high[k]);
            to[k] = y[k] = y[k] * ratio[k] + m;
            high[k] = middle[k], middle[k] = next[k];
        }
    }
}

/* The first node that follows from the one before it: after the boundary comes one whose value is known. */
INLINE int first_swept(double edge) { return edge < 0.0 ? 1 : (int)edge + 2; }

MULTIVERSION void sweep_outward(const Weights *weights, const double *edge, const Row *y, Row *u) {
    int from = 1;
    for (int l = 0; l < ABREAST; l++) from = first_swept(edge[l]) > from ? first_swept(edge[l]) : from;
    for (int l = 0; l < ABREAST; l++)
        for (int i = first_swept(edge[l]); i < from; i++) u[i][l] = u[i - 1][l] * weights->outward[l] + y[i][l];
    Weights w = *weights;
    const Quad *ratio = (const Quad *)w.outward;
    Quad v[QUADS];
    memcpy(v, u[from - 1], sizeof v);
    for (int i = from; i < GRID; i++) {
        const Quad *add = (const Quad *)y[i];
        Quad *to = (Quad *)u[i];
        for (int k = 0; k < QUADS; k++) to[k] = v[k] = v[k] * ratio[k] + add[k];
    }
}

#endif
