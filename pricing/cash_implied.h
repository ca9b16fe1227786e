/* The volatility at which an American option with cash dividends is worth its price: quotes side by side, each on a search
 * of its own (as in american_implied.h); the place of one that is found goes to the next. */
#ifndef GEX_CASH_IMPLIED_H
#define GEX_CASH_IMPLIED_H

#include "american_implied.h"
#include "cash_rows.h"

/* The error of the price in strikes that ends a search: far below the grid's own. */
#define CASH_PRICE_ERROR 1e-9
/* As near as the volatilities of a bracket come before its ends count as one, and the error that is then accepted. */
#define SAME_SIGMA 1e-11
#define GRID_PRICE_ERROR 1e-7

typedef struct {
    Py_ssize_t row;
    Contract contract; /* with the spot, and the volatility tried next */
    double sign, price, paid;
    double before, excess_before;
    Bracket bracket;
    int rounds;
} Quote;

typedef struct {
    const Rows *rows; /* columns: price, spot, strike, years, rate, dividend */
    Py_ssize_t count; /* dividends before expiry */
    double *sigma;
    signed char *status;
    Quote quotes[ABREAST];
    int open;
} Searches;

static void close_quote(Searches *all, int k, double sigma, int status) {
    all->sigma[all->quotes[k].row] = sigma, all->status[all->quotes[k].row] = (signed char)status;
    all->quotes[k] = all->quotes[--all->open];
}

/* What can be said of a quote without a search: a status, or -1. The volatility is the European one of the same price, an
 * upper bound, or what to begin with. */
static int begin_quote(Dividends d, Py_ssize_t count, Quote *q) {
    Contract c = q->contract, star = c;
    int is_call = q->sign < 0.0, kind;
    double payoff = -q->sign * (c.spot - c.strike), bound = is_call ? c.spot : c.strike, sigma = NAN;
    star.spot = c.spot - q->paid, star.sigma = c.sigma = 1.0;
    kind = kind_of(d, count, c, q->sign, q->paid);
    q->contract.sigma = NAN;
    if (kind == UNPRICED || !is_valid(star, sqrt(c.years)) || !(fabs(q->price) < 1e300)) return NOT_FINITE;
    int european = european_volatility(star, is_call, q->price, &sigma);
    q->contract.sigma = european == CONVERGED || kind == EUROPEAN ? sigma : 0.3 / sqrt(c.years);
    if (kind == EUROPEAN) return european;
    if (q->price <= (payoff > 0.0 ? payoff : 0.0)) return BELOW_INTRINSIC;
    return q->price >= bound ? ABOVE_BOUND : -1;
}

/* Take in the price at the volatility tried: a status if the search is over, or -1 and the next volatility to try.
 * Volatilities too low for the grid count as low. */
static int advance_quote(Quote *q, double price) {
    double x = q->contract.sigma, root = sqrt(q->contract.years), excess = price - q->price;
    if (fabs(excess) <= CASH_PRICE_ERROR * q->contract.strike) return CONVERGED;
    if (excess > 0.0)
        q->bracket.high = x;
    else
        q->bracket.low = x;
    if (q->bracket.high - q->bracket.low < SAME_SIGMA * q->bracket.high || ++q->rounds > IMPLIED_ROUNDS)
        return fabs(excess) <= GRID_PRICE_ERROR * q->contract.strike ? CONVERGED : BELOW_INTRINSIC;
    if (q->bracket.high * root < 2.0 * LEAST_TOTAL) return BELOW_INTRINSIC;
    if (q->bracket.low * root > LARGEST_TOTAL) return ABOVE_BOUND;
    Contract star = q->contract;
    star.spot -= q->paid;
    double slope = q->rounds == 1 ? greeks_of(star, 1.0).vega : (excess - q->excess_before) / (x - q->before);
    q->before = x, q->excess_before = excess;
    q->contract.sigma = next_sigma(q->bracket, x - excess / slope);
    return -1;
}

/* Solve all open quotes once. */
static void try_quotes(Searches *all, Work *work) {
    Dividends d = all->rows->dividends;
    int fits[ABREAST];
    for (int l = 0; l < ABREAST; l++) {
        const Quote *q = &all->quotes[l < all->open ? l : 0];
        fits[l] = place(q->contract, q->sign, q->paid / q->contract.strike, l, &work->batch);
    }
    solve_batch(d, all->count, &work->batch, &work->grid);
    for (int l = all->open - 1; l >= 0; l--) {
        Quote *q = &all->quotes[l];
        Solution *s = &work->solutions[l];
        s->kind = fits[l] ? SOLVED : UNPRICED, s->contract = q->contract;
        take_solution(d, &work->batch, &work->grid, l, s);
        int status = advance_quote(q, solution_value(s, q->contract.spot).price);
        if (status >= 0) close_quote(all, l, status == CONVERGED ? q->contract.sigma : NAN, status);
    }
}

static void open_quote(Searches *all, Py_ssize_t row, Contract c, double price, double sign) {
    Dividends d = all->rows->dividends;
    Quote *q = &all->quotes[all->open];
    Quote fresh = {row, c, sign, price, present_value(d, all->count, c.rate), NAN, NAN, {0.0, INFINITY}, 0};
    fresh.bracket.low = LEAST_TOTAL / sqrt(c.years);
    *q = fresh;
    int status = begin_quote(d, all->count, q);
    all->open++;
    if (status >= 0) close_quote(all, all->open - 1, status == CONVERGED ? q->contract.sigma : NAN, status);
}

/* The rows that see a dividend; the others are left as they are. */
static void cash_implied_rows(const Rows *rows, double *sigma, signed char *status, Work *work) {
    Searches all = {.rows = rows, .sigma = sigma, .status = status, .open = 0};
    const Input *in = rows->columns;
    for (int side = 0; side < 2; side++)
        for (all.count = 1; all.count <= rows->dividends.count; all.count++) {
            for (Py_ssize_t i = 0; i < rows->count; i++) {
                Contract c = {input_at(in[1], i), input_at(in[2], i), input_at(in[3], i),
                              NAN,                input_at(in[4], i), input_at(in[5], i)};
                double sign = row_sign(rows, i);
                if ((sign > 0.0) != side || dividends_before(rows->dividends, c.years) != all.count) continue;
                open_quote(&all, i, c, input_at(in[0], i), sign);
                while (all.open == ABREAST) try_quotes(&all, work);
            }
            while (all.open > 0) try_quotes(&all, work);
        }
}

#endif
