/* Rows of contracts on one underlying: sorted into batches that pass the same ex-dates, solved, and handed on. */
#ifndef GEX_CASH_ROWS_H
#define GEX_CASH_ROWS_H

#include "cash_value.h"

/* Rows that wait for their batch: more than ABREAST, because neighbours may be one contract at several spots. */
enum { WAITING = 256 };

typedef struct {
    Py_ssize_t count, flags;
    const Input *columns; /* spot, strike, years, sigma, rate, dividend */
    const unsigned char *is_call;
    Dividends dividends;
} Rows;

/* What becomes of a row's solution. */
typedef void (*Taker)(void *to, Py_ssize_t row, const Solution *solution);

typedef struct {
    Batch batch;
    Grid grid;
    int placed, waiting;
    Solution solutions[ABREAST];
    Py_ssize_t row[WAITING];
    int place[WAITING];
} Work;

INLINE double row_sign(const Rows *rows, Py_ssize_t i) { return rows->is_call[rows->flags == 1 ? 0 : i] ? -1.0 : 1.0; }

/* Dividends a contract sees before it expires. */
INLINE Py_ssize_t dividends_before(Dividends d, double years) {
    Py_ssize_t count = 0;
    while (count < d.count && d.years[count] <= years) count++;
    return count;
}

static double present_value(Dividends d, Py_ssize_t count, double rate) {
    double sum = 0.0;
    for (Py_ssize_t k = 0; k < count; k++) sum += d.amount[k] * exp(-rate * d.years[k]);
    return sum;
}

/* A call is exercised before a dividend only if that is worth more than the interest on the strike until the next one
 * (Roll, 1977; Geske, 1979; Whaley, 1981). */
static int any_dividend_pays(Dividends d, Py_ssize_t count, Contract c) {
    for (Py_ssize_t k = 0; k < count; k++) {
        double until = k + 1 < count ? d.years[k + 1] : c.years;
        if (d.amount[k] > -c.strike * expm1(-c.rate * (until - d.years[k]))) return 1;
    }
    return 0;
}

/* What can be said of a contract before it is solved. */
static int kind_of(Dividends d, Py_ssize_t count, Contract c, double sign, double paid) {
    Carry carry = {c.rate, c.dividend, 1.0}, exchanged = {c.dividend, c.rate, 1.0};
    c.spot = c.strike;
    if (!is_valid(c, c.sigma * sqrt(c.years)) || !(paid < c.strike * 1e6)) return UNPRICED;
    if (sign > 0.0) return has_two_boundaries(carry) ? UNPRICED : never_exercised(carry) ? EUROPEAN : SOLVED;
    if (has_two_boundaries(exchanged)) return UNPRICED;
    if (never_exercised(exchanged) && !any_dividend_pays(d, count, c)) return EUROPEAN;
    return c.rate < 0.0 && c.dividend < 0.0 ? UNPRICED : SOLVED;
}

INLINE int same_contract(Contract a, Contract b) {
    return a.strike == b.strike && a.years == b.years && a.sigma == b.sigma && a.rate == b.rate && a.dividend == b.dividend;
}

/* Solve the batch, its empty places filled with its first contract, and hand on what waits for it. */
static void solve_waiting(Dividends d, Py_ssize_t count, Work *work, Taker take, void *to) {
    if (work->placed == 0) return;
    Contract first = work->solutions[0].contract;
    double sign = work->batch.sign[0], paid = present_value(d, count, first.rate) / first.strike;
    for (int l = work->placed; l < ABREAST; l++) place(first, sign, paid, l, &work->batch);
    solve_batch(d, count, &work->batch, &work->grid);
    for (int l = 0; l < work->placed; l++) take_solution(d, &work->batch, &work->grid, l, &work->solutions[l]);
    for (int k = 0; k < work->waiting; k++) take(to, work->row[k], &work->solutions[work->place[k]]);
    work->placed = work->waiting = 0;
}

static void add_row(Dividends d, Py_ssize_t count, Contract c, double sign, Py_ssize_t row, Work *work, Taker take, void *to) {
    if (work->placed > 0 && same_contract(c, work->solutions[work->placed - 1].contract)) {
        work->row[work->waiting] = row, work->place[work->waiting++] = work->placed - 1;
    } else {
        if (work->placed == ABREAST) solve_waiting(d, count, work, take, to);
        double paid = present_value(d, count, c.rate);
        Solution alone = {.kind = kind_of(d, count, c, sign, paid), .contract = c, .escrow = paid / c.strike, .sign = sign};
        if (alone.kind == SOLVED && !place(c, sign, alone.escrow, work->placed, &work->batch)) alone.kind = UNPRICED;
        if (alone.kind != SOLVED) {
            take(to, row, &alone);
            return;
        }
        work->solutions[work->placed].kind = SOLVED, work->solutions[work->placed].contract = c;
        work->row[work->waiting] = row, work->place[work->waiting++] = work->placed++;
    }
    if (work->waiting == WAITING) solve_waiting(d, count, work, take, to);
}

/* Hand the solution of every row that sees a dividend to `take`, in no particular order, but always the same. */
static void each_solution(const Rows *rows, Work *work, Taker take, void *to) {
    Dividends d = rows->dividends;
    work->placed = work->waiting = 0;
    for (int side = 0; side < 2; side++)
        for (Py_ssize_t count = 1; count <= d.count; count++) {
            for (Py_ssize_t i = 0; i < rows->count; i++) {
                Contract c = contract_of(rows->columns, i);
                double sign = row_sign(rows, i);
                if ((sign > 0.0) != side || dividends_before(d, c.years) != count) continue;
                add_row(d, count, c, sign, i, work, take, to);
            }
            solve_waiting(d, count, work, take, to);
        }
}

/* Price, delta and gamma of the rows that see a dividend; the others are left as they are. */
typedef struct {
    const Rows *rows;
    double *const *out;
} Values;

static void take_value(void *to, Py_ssize_t row, const Solution *s) {
    const Values *values = to;
    Value value = solution_value(s, input_at(values->rows->columns[0], row));
    values->out[0][row] = value.price, values->out[1][row] = value.delta, values->out[2][row] = value.gamma;
}

static void cash_rows(const Rows *rows, double *const out[3], Work *work) {
    Values values = {rows, out};
    each_solution(rows, work, take_value, &values);
}

static void keep_solution(void *to, Py_ssize_t row, const Solution *s) { ((Solution *)to)[row] = *s; }

/* `solutions` begins as zeros: rows that see no dividend stay without a price. */
static void cash_solutions(const Rows *rows, Solution *solutions, Work *work) {
    each_solution(rows, work, keep_solution, solutions);
}

#endif
