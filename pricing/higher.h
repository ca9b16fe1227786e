/* Derivatives of gamma and vega, and gamma over a finite move of spot. Asked for, so they cost the greeks nothing. */
#ifndef GEX_HIGHER_H
#define GEX_HIGHER_H

#include "greeks.h"

typedef struct {
    double speed, zomma, color, vomma;
} Higher;

/* Haug (2007), chapter 2, each written as gamma times a factor; color in calendar time, the negative of the usual
 * d gamma / d t. Gamma comes first in every product: it is zero where a factor may be too large. */
INLINE Higher higher_of(Contract c) {
    double root_t = sqrt(c.years), w = c.sigma * root_t, inv_w = 1.0 / w;
    double inv_spot = 1.0 / c.spot, half_decay = 0.5 / c.years;
    double carry = c.rate - c.dividend;
    double d1 = (log_ratio(c.spot, c.strike) + carry * c.years) * inv_w + 0.5 * w;
    double d2 = d1 - w;
    double gamma = fast_exp(-0.5 * d1 * d1 - c.dividend * c.years) * (INV_SQRT_2PI * inv_spot * inv_w);

    Higher h;
    h.speed = -gamma * inv_spot * (d1 + w) * inv_w;
    h.zomma = (gamma * d1 * d2 - gamma) * root_t * inv_w;
    h.color = gamma * d1 * (carry * inv_w - d2 * half_decay) + gamma * (c.dividend + half_decay);
    h.vomma = gamma * d1 * d2 * c.spot * c.spot * c.years;

    double mask = is_valid(c, w) ? 0.0 : NAN;
    h.speed += mask, h.zomma += mask, h.color += mask, h.vomma += mask;
    return h;
}

/* The density at x + s and at x - s, over that at x, with s = u times a node. */
INLINE double bell_pair(double x, double u, double node) {
    double s = u * node, bell = -0.5 * s * s;
    return fast_exp(bell - x * s) + fast_exp(bell + x * s);
}

/* N(x + u) - N(x - u) for x >= 0 and x u < 1/2, u < 1/2: the density integrated by Gauss and Legendre's rule of eight
 * points (Abramowitz and Stegun, 1964, table 25.4). Written out, because a loop here would not be vectorised. */
INLINE double narrow_probability(double x, double u) {
    double sum = (0.3626837833783619830 * bell_pair(x, u, 0.1834346424956498049) +
                  0.3137066458778872873 * bell_pair(x, u, 0.5255324099163289858)) +
                 (0.2223810344533744705 * bell_pair(x, u, 0.7966664774136267396) +
                  0.1012285362903762592 * bell_pair(x, u, 0.9602898564975362317));
    return fast_exp(-0.5 * x * x) * INV_SQRT_2PI * u * sum;
}

INLINE double tail(double x) {
    TailRatio t = tail_ratio(x);
    return fast_exp(-0.5 * x * x) * (t.p / t.q);
}

/* N(x + u) - N(x - u) for x >= 0, u >= 0. Where the two are close their difference would cancel and the density is
 * integrated; elsewhere the nearer tail is at least e times the farther one, or the interval holds the peak. */
INLINE double interval_probability(double x, double u) {
    int narrow = (u < 0.5) & (x * u < 0.5);
    double near_edge = x - u, near_tail = tail(fabs(near_edge));
    double wide = (near_edge < 0.0 ? 1.0 - near_tail : near_tail) - tail(x + u);
    return narrow ? narrow_probability(x, narrow ? u : 0.0) : wide;
}

/* A move of spot both ways, as a fraction, and what its two ends are in logarithms: half their distance,
 * ln((1 + m) / (1 - m)) / 2, and their middle, ln(1 - m^2) / 2. */
typedef struct {
    const double *fraction, *half_width, *middle;
} MoveColumns;

/* (delta(S + h) - delta(S - h)) / 2 h with h = fraction S. */
INLINE double finite_move_gamma_of(Contract c, double fraction, double half_width, double middle) {
    double w = c.sigma * sqrt(c.years), inv_w = 1.0 / w;
    double d1 = (log_ratio(c.spot, c.strike) + (c.rate - c.dividend) * c.years + middle) * inv_w + 0.5 * w;
    double probability = interval_probability(fabs(d1), half_width * inv_w);
    double gamma = fast_exp(-c.dividend * c.years) * probability / (2.0 * fraction * c.spot);
    return is_valid(c, w) & (fraction > 0.0) & (fraction < 1.0) ? gamma : NAN;
}

MULTIVERSION void higher_block(Py_ssize_t n, const ContractColumns *in, double *const *out) {
    double *speed = out[0], *zomma = out[1], *color = out[2], *vomma = out[3];
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        Higher h = higher_of(contract_at(*in, i));
        speed[i] = h.speed;
        zomma[i] = h.zomma;
        color[i] = h.color;
        vomma[i] = h.vomma;
    }
}

MULTIVERSION void finite_move_block(Py_ssize_t n, const ContractColumns *in, const MoveColumns *move, double *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++)
        out[i] = finite_move_gamma_of(contract_at(*in, i), move->fraction[i], move->half_width[i], move->middle[i]);
}

/* The outputs: speed, zomma, color, vomma. */
MULTIVERSION void higher_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[6], results[4];
    (void)is_call; /* the same for calls and puts */
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        double *to[4];
        for (int k = 0; k < 4; k++) to[k] = target(out[k] + start, rows, &results[k]);
        ContractColumns columns = contract_columns(in, n, start, copies);
        higher_block(loop_length(rows), &columns, to);
        for (int k = 0; k < 4; k++) deliver(out[k] + start, rows, &results[k]);
    }
}

/* The inputs: those of a contract, then the columns of a move. */
MULTIVERSION void finite_move_rows(Py_ssize_t n, const Input *in, Flags is_call, double *const *out) {
    Copy copies[9], result;
    (void)is_call; /* the same for calls and puts */
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        ContractColumns columns = contract_columns(in, n, start, copies);
        MoveColumns move = {column(in[6], n, start, &copies[6]), column(in[7], n, start, &copies[7]),
                            column(in[8], n, start, &copies[8])};
        finite_move_block(loop_length(rows), &columns, &move, target(*out + start, rows, &result));
        deliver(*out + start, rows, &result);
    }
}

#endif
