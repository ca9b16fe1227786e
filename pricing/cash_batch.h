/* Contracts solved side by side, and what exercise is worth to each of them.
 *
 * The model is the escrowed one: S = S* + D(t), D the present value of the dividends still to come before expiry, and S*
 * lognormal with the residual yield (Roll, 1977; Geske, 1979; Whaley, 1981). Everything is in units of the strike and
 * x = ln S*. What is solved for is the premium over the European option on S*, which has no kink at expiry: a put that is
 * exercised is worth 1 - D - S*, and so the premium is
 *
 *     1 - exp(-r t) - D - (1 - exp(-q t)) S* less the European call,     t the time to expiry,
 *
 * and for a call the same with the signs turned round and the European put. */
#ifndef GEX_CASH_BATCH_H
#define GEX_CASH_BATCH_H

#include "american_boundary.h"
#include "cash_kink.h"
#include "cash_steps.h"
#include "greeks.h"

/* Contracts side by side, and nodes of each one's grid in x. */
enum { ABREAST = 8, GRID = 192 };

/* A number for each contract of a batch. */
typedef double Row[ABREAST];

typedef struct {
    Py_ssize_t count;
    const double *years, *amount; /* ascending ex-dates */
} Dividends;

/* What was taken off the grid: jumps of u, u'' / 2 and u''' / 6 from the side out of the money to the other one. */
typedef struct {
    int taken;             /* 0: nothing yet */
    Row slope, bend, twist;
    Row at, width;         /* distance from node 0; width of what stays on the grid */
    Row since;             /* years before expiry */
} Kink;

/* Node i of a grid lies at x = start + sign i step: node 0 deep in the money, the last one out of it. */
typedef struct {
    Row strike, years, sigma, rate, yield, sign; /* sign: 1 for a put, -1 for a call */
    Row start, step, growth, end;   /* growth: of S* from node to node; end: S* at node 0 */
    Row probe;                      /* the node from which on exercise pays first: 0, or for puts of negative yield a later one */
    Row half_variance, decay, tilt; /* sigma^2 / 2 in squared steps; see set_weights */
    Row escrow;                     /* D now */
    Row cash, asset;                /* the premium is cash + asset S* at node 0 and beyond */
    Row exercised;                  /* 1 where it is exercise that makes it so, else 0 */
    Row edge, share; /* the last node that is exercised, -1 for none; the boundary is `share` steps before the next */
    Kink kink;
} Batch;

/* The worth of exercise at one time, beyond the European option and what was taken off the grid: cash + asset S* less an
 * option of the other kind, less the kink. */
typedef struct {
    Row cash, asset, strike_pv, spot_pv, drift, w, inv_w;
    Row kink_at, kink_w, kink_pv; /* in x, where the kink has drifted to; sigma sqrt(t) and exp(-r t) of its age */
    const Kink *kink;             /* NULL if there is none */
} Exercise;

/* A time to expiry below this part of the life counts as this: at expiry itself a European option is its payoff. */
#define LEAST_LIFE 1e-14
/* The same for the width of a kink, in units of what stays on the grid. */
#define LEAST_WIDTH 1e-9

INLINE void set_payoff(const Batch *b, int l, double time, Exercise *out) {
    double least = LEAST_LIFE * b->years[l], t = time > least ? time : least, w = b->sigma[l] * sqrt(t);
    out->strike_pv[l] = fast_exp(-b->rate[l] * t);
    out->spot_pv[l] = fast_exp(-b->yield[l] * t);
    out->cash[l] = b->sign[l] * (1.0 - out->strike_pv[l] - b->escrow[l]);
    out->asset[l] = b->sign[l] * (out->spot_pv[l] - 1.0);
    out->drift[l] = (b->rate[l] - b->yield[l]) * t;
    out->w[l] = w, out->inv_w[l] = 1.0 / w;
}

INLINE void age_kink(const Batch *b, int l, double time, Exercise *out) {
    double age = time - b->kink.since[l], drift = b->rate[l] - b->yield[l] - 0.5 * b->sigma[l] * b->sigma[l];
    double w = b->sigma[l] * sqrt(age > 0.0 ? age : 0.0), least = LEAST_WIDTH * b->kink.width[l];
    out->kink_at[l] = b->start[l] + b->sign[l] * b->kink.at[l] - drift * age;
    out->kink_w[l] = w > least ? w : least;
    out->kink_pv[l] = fast_exp(-b->rate[l] * age);
}

INLINE void set_exercise(const Batch *b, const double *time, Exercise *out) {
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) set_payoff(b, l, time[l], out);
    out->kink = b->kink.taken ? &b->kink : NULL;
    if (!out->kink) return;
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) age_kink(b, l, time[l], out);
}

/* The European option of the other kind, one to buy if the contract is one to sell, at x = ln(spot). */
INLINE double other_option(const Exercise *e, int l, double sign, double x, double spot) {
    double d1 = (x + e->drift[l]) * e->inv_w[l] + 0.5 * e->w[l], d2 = d1 - e->w[l], held = spot * e->spot_pv[l];
    TailRatio t1 = tail_ratio(fabs(d1)), t2 = tail_ratio(fabs(d2));
    double gaussian = held * fast_exp(-0.5 * d1 * d1), inv_q = 1.0 / (t1.q * t2.q);
    double tail1 = gaussian * (t1.p * t2.q * inv_q), tail2 = gaussian * (t2.p * t1.q * inv_q);
    double asset = sign * d1 > 0.0 ? held - tail1 : tail1, cash = sign * d2 > 0.0 ? e->strike_pv[l] - tail2 : tail2;
    return sign * (asset - cash);
}

INLINE double kink_part(const Exercise *e, int l, double sign, double x) {
    const Kink *k = e->kink;
    double z = sign * (e->kink_at[l] - x);
    return e->kink_pv[l] * removed_at(k->slope[l], k->bend[l], k->twist[l], k->width[l], z, e->kink_w[l]).value;
}

/* The worth of exercise of every contract at an x of its own. The kinks are a loop apart: in one loop the compiler would
 * read them where there are none, and mask the result. */
INLINE void exercise_at(const Batch *b, const Exercise *e, const double *x, const double *spot, double *out) {
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++)
        out[l] = e->cash[l] + e->asset[l] * spot[l] - other_option(e, l, b->sign[l], x[l], spot[l]);
    if (!e->kink) return;
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) out[l] -= kink_part(e, l, b->sign[l], x[l]);
}

/* What exercise earns a year: interest on the strike less the yield of a put, the reverse for a call. */
INLINE double carry_at(const Batch *b, int l, double spot) { return b->sign[l] * (b->rate[l] - b->yield[l] * spot); }

INLINE double node_at(const Batch *b, int l, double i) { return b->start[l] + b->sign[l] * b->step[l] * i; }

INLINE double spot_at(const Batch *b, int l, double node) { return fast_exp(node_at(b, l, node)); }

/* The same at `count` nodes from 0 on. */
MULTIVERSION void exercise_along(const Batch *b, const Exercise *e, int count, Row *out) {
    Row x, spot;
    for (int i = 0; i < count; i++) {
        INDEPENDENT
        for (int l = 0; l < ABREAST; l++) x[l] = node_at(b, l, i), spot[l] = fast_exp(x[l]);
        exercise_at(b, e, x, spot, out[i]);
    }
}

#endif
