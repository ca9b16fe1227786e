/* Total volatility w = sigma sqrt(t) from a price, by inverting Black's (1976) formula for blocks of rows.
 *
 * The time value of the out-of-the-money option, over sqrt(F K), is b(w) = exp(-x/2) N(t - h) - exp(x/2) N(-t - h) with
 * x = |ln(F / K)|, h = x / w, t = w / 2; it tends to exp(-x/2), and b'(w) = exp(-(h^2 + t^2) / 2) / sqrt(2 pi). With
 * M(z) = N(-z) exp(z^2 / 2), a ratio of polynomials,
 *
 *     b = exp(-(h^2 + t^2) / 2) (M(h - t) - M(h + t))                 where h >= t
 *     exp(-x/2) - b = exp(-(h^2 + t^2) / 2) (M(t - h) + M(t + h))     where t > h
 *
 * so that the logarithm of b, or of the gap to the bound, needs no exponential. Both are smooth and concave in w: from
 * a guess within 5e-4 one of Householder's steps of order four reaches the last digits (Jaeckel, "Let's be rational",
 * 2015, steps so too). A row's figures depend on nothing but the row: those few that need more steps are gathered and
 * go through the same loop again. */
#ifndef GEX_IMPLIED_H
#define GEX_IMPLIED_H

#include "greeks.h"

/* The values of gex.pricing.Status. */
enum { CONVERGED = 0, BELOW_INTRINSIC = 1, ABOVE_BOUND = 2, NOT_FINITE = 3 };

/* Below this half-width t, the difference of neighbouring tails is taken by its Taylor series. */
#define SMALL_T 0.02
/* A relative Newton step below this leaves an error of about its fourth power. */
#define LAST_STEP 5e-4
enum { MAX_STEPS = 200 };
/* ln(F / K) from which on the guess is the point of inflection, sqrt(2 x). */
#define WIDE 4.0
/* No price that is a normal number has a larger h, nor, below its bound in double precision, a larger t - h, which
 * keeps w within x / MAX_H and sqrt(2 x) + 2 MAX_T. */
#define MAX_H 38.0
#define MAX_T 8.5
/* A time value below this, per sqrt(F K), counts as none: everything stays a normal number. */
#define LEAST_VALUE 1e-300

typedef struct {
    const double *price, *forward, *strike, *discount, *years, *sign;
} QuoteColumns;

/* The rows on their way: what is sought, the best w so far, and between which w the answer lies. */
typedef struct {
    double x[BLOCK], value[BLOCK], gap[BLOCK]; /* x, b and exp(-x/2) - b */
    double w[BLOCK], low[BLOCK], high[BLOCK];
    double open[BLOCK]; /* 1 until the last step has been small enough, then 0 */
} Search;

/* First guess: invert the normal model, whose value per unit of |F - K| is a function of one variable, then bend the
 * result to the lognormal model by a polynomial in x^2 and its own square. distance = |F - K| / sqrt(F K). */
INLINE double first_guess(double x, double distance, double value) {
    double mixed = value + NORMAL_MIX * distance;
    double loss = log_ratio(mixed, value);
    double u2 = (loss < NORMAL_MAX_LOG ? loss : NORMAL_MAX_LOG) + NORMAL_OFFSET, u = sqrt(u2);
    double u4 = u2 * u2, u8 = u4 * u4;
    double inverse = (((NORMAL_0 + NORMAL_1 * u) + (NORMAL_2 + NORMAL_3 * u) * u2) +
                      ((NORMAL_4 + NORMAL_5 * u) + (NORMAL_6 + NORMAL_7 * u) * u2) * u4) +
                     (((NORMAL_8 + NORMAL_9 * u) + (NORMAL_10 + NORMAL_11 * u) * u2) + NORMAL_12 * u4) * u8;
    int apart = distance > 1e-9; /* else x / distance is one */
    double flat = mixed * (apart ? x : 1.0) / (inverse * (apart ? distance : 1.0));

    double v = flat * flat < BEND_MAX_SQUARE ? flat * flat : BEND_MAX_SQUARE;
    double y = x * x < BEND_MAX_MONEYNESS ? x * x : BEND_MAX_MONEYNESS, y2 = y * y;
    double bend0 = (BEND_0_0 + BEND_0_1 * y) + (BEND_0_2 + BEND_0_3 * y) * y2;
    double bend1 = (BEND_1_0 + BEND_1_1 * y) + (BEND_1_2 + BEND_1_3 * y) * y2;
    double bend2 = (BEND_2_0 + BEND_2_1 * y) + (BEND_2_2 + BEND_2_3 * y) * y2;
    double bend3 = (BEND_3_0 + BEND_3_1 * y) + (BEND_3_2 + BEND_3_3 * y) * y2;
    double w = flat * (1.0 + v * ((bend0 + bend1 * v) + (bend2 + bend3 * v) * (v * v)));

    return x > WIDE ? sqrt(2.0 * x) : w;
}

/* What keeps a row from having a volatility. Any NaN fails a comparison. */
INLINE double verdict(const QuoteColumns *in, Py_ssize_t i, double value, double gap) {
    double forward = in->forward[i], strike = in->strike[i], discount = in->discount[i], years = in->years[i];
    int finite = (forward > 1e-150) & (forward < 1e150) & (strike > 1e-150) & (strike < 1e150) & (discount > 0.0) &
                 (discount < 1e150) & (fabs(in->price[i]) < 1e300) & (years > 0.0) & (years < INFINITY);
    double code = gap > 0.0 ? CONVERGED : ABOVE_BOUND;
    code = value > LEAST_VALUE ? code : BELOW_INTRINSIC;
    return finite ? code : NOT_FINITE;
}

/* Normalise the prices and guess. Rows without an answer get those of some other row, to be thrown away later. */
MULTIVERSION void begin_block(Py_ssize_t n, const QuoteColumns *in, Search *out, double *status) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        double forward = in->forward[i], strike = in->strike[i];
        double difference = forward - strike, intrinsic = in->sign[i] * difference;
        double time_value = in->price[i] / in->discount[i] - (intrinsic > 0.0 ? intrinsic : 0.0);
        double inv_root = 1.0 / sqrt(forward * strike);
        double value = time_value * inv_root;
        double gap = ((forward < strike ? forward : strike) - time_value) * inv_root;
        double code = verdict(in, i, value, gap);
        int usable = code == CONVERGED;
        double x = usable ? fabs(log_ratio(forward, strike)) : 0.0;
        double distance = usable ? fabs(difference) * inv_root : 0.0;
        value = usable ? value : 0.1;
        status[i] = code;
        out->x[i] = x;
        out->value[i] = value;
        out->gap[i] = usable ? gap : 0.9;
        double guess = first_guess(x, distance, value);
        double low = x * (1.0 / MAX_H), high = sqrt(2.0 * x) + 2.0 * MAX_T;
        out->w[i] = guess > low ? guess : low;
        out->low[i] = low;
        out->high[i] = high;
    }
}

/* (M(h - t) - M(h + t)) / w for small t = w / 2, by M's odd derivatives: with m[0] = M and m[1] = h m[0] - 1 / sqrt(2 pi),
 * m[k+1] = h m[k] + k m[k-1]. */
INLINE double narrow_difference(double h, double t, double m0) {
    double m1 = h * m0 - INV_SQRT_2PI, m2 = h * m1 + m0, m3 = h * m2 + 2.0 * m1, m4 = h * m3 + 3.0 * m2;
    double m5 = h * m4 + 4.0 * m3, m6 = h * m5 + 5.0 * m4, m7 = h * m6 + 6.0 * m5;
    double t2 = t * t;
    return -(m1 + t2 * (1.0 / 6.0) * (m3 + t2 * (1.0 / 20.0) * (m5 + t2 * (1.0 / 42.0) * m7)));
}

/* One of Householder's steps for every row, kept between the bounds. With L the logarithm of b (or of the gap), e its
 * excess, q = 1 / (w L') and s = w b'' / b' = h^2 - t^2, every ratio of derivatives is a polynomial in q and s. */
MULTIVERSION void step_block(Py_ssize_t n, Search *rows) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = rows->x[i], w = rows->w[i], value = rows->value[i], gap = rows->gap[i];
        double low = rows->low[i], high = rows->high[i];
        double inv_w = 1.0 / w, h = x * inv_w, t = 0.5 * w;
        int narrow = t < SMALL_T, past = (t > h) & !narrow;
        TailRatio near = tail_ratio(narrow ? h : fabs(h - t)), far = tail_ratio(h + t);
        double inv_q = 1.0 / (near.q * far.q), first = near.p * far.q * inv_q, second = far.p * near.q * inv_q;
        double wide = (past ? first + second : first - second) * inv_w;
        double ratio = narrow ? narrow_difference(h, t, first) : wide;

        /* One or the other, exactly. As a choice, one side's read would be a branch: the loop would stay scalar on SSE2,
         * which cannot mask reads. */
        double above = past ? 1.0 : 0.0, goal = above * gap + (1.0 - above) * value;
        double excess = log_ratio(ratio * w, goal) - 0.5 * (h * h + t * t);
        double q = (past ? -SQRT_2PI : SQRT_2PI) * ratio;
        double s = (h - t) * (h + t), third = s * s - 3.0 * h * h - t * t; /* w^2 b''' / b' */
        double a = 1.0 - q * s, c = q * q * third - 3.0 * q * s + 2.0;
        double newton = -excess * q;
        double next = w + w * newton * (1.0 + 0.5 * excess * a) / (1.0 + excess * (a + excess * c * (1.0 / 6.0)));

        low = newton > 0.0 ? w : low;
        high = newton < 0.0 ? w : high;
        int last = (fabs(newton) <= LAST_STEP) | (high - low <= 1e-15 * w);
        rows->w[i] = last | ((next > low) & (next < high)) ? next : 0.5 * (low + high);
        rows->low[i] = low;
        rows->high[i] = high;
        rows->open[i] = last ? 0.0 : 1.0;
    }
}

/* Write down where every row stands, and move those that need another step to the front. */
static Py_ssize_t keep_open(Py_ssize_t n, Search *rows, int *number, double *w) {
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        w[number[i]] = rows->w[i];
        if (rows->open[i] == 0.0) continue;
        rows->x[kept] = rows->x[i], rows->value[kept] = rows->value[i], rows->gap[kept] = rows->gap[i];
        rows->w[kept] = rows->w[i], rows->low[kept] = rows->low[i], rows->high[kept] = rows->high[i];
        number[kept++] = number[i];
    }
    return kept;
}

static void search_block(Py_ssize_t n, Search *rows, double *w) {
    int number[BLOCK];
    for (int i = 0; i < n; i++) number[i] = i;
    for (int step = 0; n > 0 && step < MAX_STEPS; step++) {
        step_block(loop_length(n), rows);
        n = keep_open(n, rows, number, w);
    }
}

/* Volatility from total volatility, NaN where there is none, and the verdicts as bytes. */
MULTIVERSION void deliver_verdicts(Py_ssize_t n, const double *code, const double *years, double *sigma,
                                   signed char *status) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) sigma[i] = code[i] == CONVERGED ? sigma[i] / sqrt(years[i]) : NAN;
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) status[i] = (signed char)(int)code[i];
}

/* The inputs: price, forward, strike, discount, years. */
MULTIVERSION void implied_vol_rows(Py_ssize_t n, const Input in[5], Flags is_call, double *sigma, signed char *status) {
    Copy copies[5], sign, code;
    Search search;
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        Py_ssize_t rows = block_length(n, start);
        fill_signs(is_call.values, is_call.length, start, rows, sign.rows);
        QuoteColumns quotes = {column(in[0], n, start, &copies[0]), column(in[1], n, start, &copies[1]),
                               column(in[2], n, start, &copies[2]), column(in[3], n, start, &copies[3]),
                               column(in[4], n, start, &copies[4]), sign.rows};
        begin_block(loop_length(rows), &quotes, &search, code.rows);
        search_block(rows, &search, sigma + start);
        deliver_verdicts(rows, code.rows, quotes.years, sigma + start, status + start);
    }
}

/* The inputs: price, forward, strike, discount. Total volatility is that of one year, to the bit. */
static void implied_rows(Py_ssize_t n, const Input in[4], const unsigned char *is_call, Py_ssize_t flags, double *w,
                         signed char *status) {
    const double year = 1.0;
    const Input quotes[5] = {in[0], in[1], in[2], in[3], {&year, 1}};
    implied_vol_rows(n, quotes, (Flags){is_call, flags}, w, status);
}

#endif
