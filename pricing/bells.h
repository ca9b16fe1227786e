/* The bells of a block of contracts: how wide they are, and what starts the recurrence from point to point.
 *
 * At steps of d1 by b, exp(-(d + b)^2 / 2) = exp(-d^2 / 2) exp(-b d - b^2 / 2), and the second factor, the ratio of two
 * neighbours, shrinks by exp(-b^2) a step: no further exponential is needed. */
#ifndef GEX_BELLS_H
#define GEX_BELLS_H

#include "book.h"
#include "grids.h"

/* Where a contract is added up: nowhere, within its window, or all over a grid, from this number on the first of those
 * that are swept. */
enum { NOWHERE, WINDOWED, SWEPT };

/* Swept values are this much larger, so that they do not underflow far from the bell; amounts beyond LARGEST, which might
 * overflow then, are not swept. */
#define SWEPT_SCALE 0x1p700
#define LARGEST 1e80

/* The value at the anchor, its ratio to the points above and below, and what these ratios lose a step. */
typedef struct {
    double value, up, down, loss;
} Front;

/* The line at the anchor, and what it gains a step. */
typedef struct {
    double level, gain;
} Incline;

/* A bell is amount exp(-d1^2 / 2 - decay) (level + slope d1); d is d1 at the anchor. `step` is that of the coarsest grid on
 * which the bell is wide enough, `grid`, or of the ladder, where `grid` is -1. */
typedef struct {
    double inv_w[BLOCK], shift[BLOCK], d[BLOCK], step[BLOCK], amount[BLOCK], decay[BLOCK], level[BLOCK], slope[BLOCK];
    double grid[BLOCK];
    int place[BLOCK];
    Front front[BLOCK];
    Incline incline[BLOCK];
} Bells;

/* What the loops need to know of the grids. */
typedef struct {
    double spot, below, above;   /* at the anchor, and ln S from there to the ladder's ends */
    double step, finest;         /* of ln S, and the least width of a bell on the ladder itself */
    double coarsest, first_swept; /* steps of the coarsest grid, and the number of the first that is swept */
} Reach;

/* The width over the least one has the grid's number for its exponent, from -1 on. */
MULTIVERSION void find_widths(Py_ssize_t n, BookColumns in, Reach reach, Bells *out) {
    double inv_finest = 1.0 / reach.finest;
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++) {
        double w = in.sigma[i] * sqrt(in.years[i]), inv_w = 1.0 / w, wide = w * inv_finest;
        wide = wide > 0.5 ? (wide < reach.coarsest ? wide : reach.coarsest) : 0.5; /* NaN, of a skipped row, becomes 0.5 */
        double shift = (in.rate[i] - in.dividend[i]) * in.years[i] * inv_w + 0.5 * w;
        double steps = from_bits(bits_of(wide) & 0x7ff0000000000000ULL);
        out->grid[i] = from_bits((bits_of(wide) >> 52) | 0x4330000000000000ULL) - (TWO_52 + 1023.0);
        out->step[i] = (steps > 1.0 ? steps : 1.0) * reach.step * inv_w;
        out->inv_w[i] = inv_w, out->shift[i] = shift;
        out->d[i] = log_ratio(reach.spot, in.strike[i]) * inv_w + shift;
    }
}

/* A row that may not be priced gets a NaN amount, unless its weight is zero: then it does not matter. (The bounds of
 * is_valid are the same for w and 1 / w.) */
MULTIVERSION void find_amounts(Py_ssize_t n, BookColumns in, Bells *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++) {
        Contract c = {1.0, in.strike[i], in.years[i], in.sigma[i], in.rate[i], in.dividend[i]};
        double weight = in.weight[i], inv_w = out->inv_w[i];
        double amount = is_valid(c, inv_w) & (fabs(weight) < INFINITY) ? weight * (inv_w * INV_SQRT_2PI) : NAN;
        out->amount[i] = weight == 0.0 ? 0.0 : amount;
        out->decay[i] = in.dividend[i] * in.years[i];
    }
}

/* The larger of the line's coefficients is made part of the amount. */
MULTIVERSION void find_lines(Py_ssize_t n, BookColumns in, Figure figure, Bells *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++) {
        Line line = line_at(in, figure, i);
        double level = fabs(line.level), slope = fabs(line.slope), size = level > slope ? level : slope;
        out->amount[i] = out->amount[i] == 0.0 ? 0.0 : out->amount[i] * size;
        out->level[i] = line.level / size, out->slope[i] = line.slope / size;
        Incline incline = {out->level[i] + out->slope[i] * out->d[i], out->slope[i] * out->step[i]};
        out->incline[i] = incline;
    }
}

MULTIVERSION Py_ssize_t find_places(Py_ssize_t n, Reach reach, Bells *out) {
    Py_ssize_t invalid = 0;
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++) {
        double d = out->d[i], inv_w = out->inv_w[i], amount = out->amount[i], grid = out->grid[i];
        int sweeps = (grid >= reach.first_swept) & (fabs(amount) < LARGEST);
        int reaches = (d - reach.below * inv_w < WINDOW) & (d + reach.above * inv_w > -WINDOW) & (amount != 0.0);
        double place = sweeps ? grid - reach.first_swept + (double)SWEPT : (double)WINDOWED;
        out->place[i] = (int)(reaches ? place : (double)NOWHERE);
    }
    for (Py_ssize_t i = 0; i < n; i++) invalid += out->amount[i] != out->amount[i];
    return invalid;
}

/* exp(-x), and 1 - exp(-x), for 0 <= x <= 1 / FINEST^2. */
INLINE double small_exp(double x) {
    return 1.0 - x * (1.0 - x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120 - x * (1.0 / 720))))));
}

INLINE double small_loss(double x) {
    return x * (1.0 - x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120 - x * (1.0 / 720 - x * (1.0 / 5040)))))));
}

/* exp(x) and exp(-x) for |x| <= 690: the even and the odd terms of fast_exp's polynomial serve both. */
typedef struct {
    double plus, minus;
} ExpPair;

INLINE ExpPair exp_pair(double x) {
    const double to_integer = 1.5 * TWO_52;
    double shifted = x * LOG2_E + to_integer, n = shifted - to_integer;
    double r = (x - n * LN2_HIGH) - n * LN2_LOW, z = r * r, z2 = z * z;
    double even = 1.0 + z * ((EXP_0 + EXP_2 * z) + (EXP_4 + EXP_6 * z) * z2 + EXP_8 * (z2 * z2));
    double odd = r + r * z * ((EXP_1 + EXP_3 * z) + (EXP_5 + EXP_7 * z) * z2 + EXP_9 * (z2 * z2));
    uint64_t exponent = bits_of(shifted) << 52, bias = 0x3ff0000000000000ULL;
    ExpPair pair = {(even + odd) * from_bits(bias + exponent), (even - odd) * from_bits(bias - exponent)};
    return pair;
}

/* Of use for contracts that are swept. */
MULTIVERSION void find_fronts(Py_ssize_t n, Bells *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < loop_length(n); i++) {
        double b = out->step[i], d = out->d[i], b2 = b * b, bend = small_exp(0.5 * b2);
        ExpPair ratio = exp_pair(b * d);
        Front front = {fast_exp(-0.5 * d * d - out->decay[i]) * (SWEPT_SCALE * out->amount[i]), ratio.minus * bend,
                       ratio.plus * bend, small_loss(b2)};
        out->front[i] = front;
    }
}

/* Returns how many rows may not be priced. */
static Py_ssize_t find_bells(Py_ssize_t n, BookColumns in, Figure figure, Reach reach, Bells *out) {
    find_widths(n, in, reach, out);
    find_amounts(n, in, out);
    if (figure != GAMMA) find_lines(n, in, figure, out);
    find_fronts(n, out);
    return find_places(n, reach, out);
}

#endif
