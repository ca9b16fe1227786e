/* Premiums of American options with cash dividends: a batch of contracts from expiry back to now, on all their grids. */
#ifndef GEX_CASH_SOLVE_H
#define GEX_CASH_SOLVE_H

#include "cash_event.h"

/* A grid reaches so many standard deviations of ln S* from where exercise pays, into the money and out of it, and up to
 * FAR_CARRY in all, and CARRY_MARGIN beyond the spot where a yield balances interest. */
#define REACH_IN 4.2
#define REACH_OUT 4.0
#define CARRY_MARGIN 3.0
#define FAR_CARRY 8.2

/* Nodes further apart than this many standard deviations give no accuracy: such contracts are not priced. */
#define WIDEST_STEP 0.25
#define STEEPEST_TILT 0.5

/* With a negative yield exercise of a put pays earlier at higher spots: it is looked for so many standard deviations below
 * the strike. */
#define PROBE 1.5

/* One contract, solved: all that is needed to price it at any spot. */
enum { UNPRICED, EUROPEAN, SOLVED };

typedef struct {
    int kind;
    Contract contract;           /* its spot means nothing */
    double sign, escrow;         /* escrow: the present value of its dividends, in strikes */
    double start, step, edge, share, cash, asset; /* as in Batch */
    double now_cash, now_asset;                   /* exercise now is worth now_cash + now_asset S* */
    double slope, bend, twist, at, width, until;  /* as in Kink, and the years until its ex-date */
    double premium[GRID];
} Solution;

/* ln S*, in strikes, of both ends of the grid: in the money, out of it. */
typedef struct {
    double in, out;
} Ends;

/* `paid` is the present value of all dividends in strikes. */
static Ends grid_ends(Contract c, double sign, double paid) {
    double w = c.sigma * sqrt(c.years), drift = (c.rate - c.dividend) * c.years, least = paid < 0.75 ? 1.0 - paid : 0.25;
    double low = sign > 0.0 ? log(least) : 0.0, high = sign > 0.0 ? 0.0 : -log(least);
    double with = sign * drift > 0.0 ? sign * drift : 0.0, against = sign * drift < 0.0 ? -sign * drift : 0.0;
    Ends ends = {low - REACH_IN * w - with, high + REACH_OUT * w + against};
    if (c.rate > 0.0 && c.dividend > 0.0) {
        double balance = sign * log(c.rate / c.dividend) - CARRY_MARGIN * w, furthest = -FAR_CARRY * w;
        balance = balance > furthest ? balance : furthest;
        ends.in = balance < ends.in ? balance : ends.in;
    }
    Ends signed_ends = {sign * ends.in, sign * ends.out};
    return signed_ends;
}

/* A contract in place `l`: its grid and where it is exercised at expiry. 0 if the grid would be too coarse. */
static int place(Contract c, double sign, double paid, int l, Batch *b) {
    double w = c.sigma * sqrt(c.years), square = c.sigma * c.sigma, drift = sign * (c.rate - c.dividend - 0.5 * square);
    Ends ends = grid_ends(c, sign, paid);
    double step = sign * (ends.out - ends.in) / (GRID - 1), tilt = -drift / square * step;
    double balance = c.rate > 0.0 && c.dividend > 0.0 ? sign * log(c.rate / c.dividend) : 0.0;
    b->strike[l] = c.strike, b->years[l] = c.years, b->sigma[l] = c.sigma, b->rate[l] = c.rate, b->yield[l] = c.dividend;
    b->sign[l] = sign, b->start[l] = ends.in, b->step[l] = step, b->growth[l] = exp(sign * step);
    b->end[l] = exp(ends.in);
    b->half_variance[l] = 0.5 * square / (step * step), b->decay[l] = c.rate + 0.5 * drift * drift / square;
    b->tilt[l] = tilt;
    b->escrow[l] = b->cash[l] = b->asset[l] = b->exercised[l] = b->share[l] = 0.0;
    b->probe[l] = sign > 0.0 && c.dividend < 0.0 ? floor((-PROBE * w - ends.in) / step) : 0.0;
    b->edge[l] = floor(((balance < 0.0 ? balance : 0.0) - sign * ends.in) / step);
    return step <= WIDEST_STEP * w && fabs(tilt) <= STEEPEST_TILT;
}

/* A part of time between two events, of each contract's own length. */
typedef struct {
    Row from, length; /* years before expiry */
    Row escrow;       /* at `from` */
} Part;

/* The premium at node 0 has no time value: it is that of exercise now, or of exercise at the best time to come. Exercise
 * is due from there on, or from the probe on. */
INLINE void age_end(const Exercise *e, int l, double time, Batch *b) {
    double cash = b->cash[l] * fast_exp(-b->rate[l] * time), asset = b->asset[l] * fast_exp(-b->yield[l] * time);
    double probe = spot_at(b, l, b->probe[l]), gain = e->cash[l] - cash, slope = e->asset[l] - asset;
    int at_end = (gain + slope * b->end[l] > 0.0) & (carry_at(b, l, b->end[l]) > 0.0);
    int due = at_end | ((gain + slope * probe > 0.0) & (carry_at(b, l, probe) > 0.0));
    b->cash[l] = at_end ? e->cash[l] : cash;
    b->asset[l] = at_end ? e->asset[l] : asset;
    b->exercised[l] = due ? 1.0 : 0.0;
    b->edge[l] = due ? b->edge[l] : -1.0;
}

MULTIVERSION void begin_step(const Step *s, const Part *part, Batch *b, Exercise *e, Weights *w, double *end) {
    Row time, implicit;
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) {
        double passed = s->time * part->length[l];
        time[l] = part->from[l] + passed, implicit[l] = s->implicit * part->length[l];
        b->escrow[l] = part->escrow[l] * fast_exp(-b->rate[l] * passed);
    }
    set_exercise(b, time, e);
    set_weights(b, implicit, w);
    INDEPENDENT
    for (int l = 0; l < ABREAST; l++) {
        age_end(e, l, s->length * part->length[l], b);
        end[l] = b->cash[l] + b->asset[l] * b->end[l];
    }
}

static void step_back(const Step *s, const Part *part, Batch *b, Grid *g) {
    Level *oldest = g->past[LEVELS - 1];
    Exercise e;
    Weights w;
    double due = 0.0, low = GRID;
    int kept = b->sign[0] < 0.0 && s->time < RUNNING ? KEPT_RUNNING : KEPT;
    begin_step(s, part, b, &e, &w, oldest->at[0]);
    for (int l = 0; l < ABREAST; l++) {
        double reached = b->exercised[l] * (b->edge[l] - kept);
        due += b->exercised[l], low = reached < low ? reached : low;
    }
    sweep_inward(s, &w, low > 1.0 ? (int)low : 1, g->past, g->inward.at);
    if (due > 0.0) find_boundaries(&e, &w, kept, g->inward.at, oldest->at, b);
    sweep_outward(&w, b->edge, g->inward.at, oldest->at);
    for (int k = LEVELS - 1; k > 0; k--) g->past[k] = g->past[k - 1];
    g->past[0] = oldest;
}

static void march(const Schedule *schedule, Part *part, Batch *b, Grid *g) {
    memcpy(part->escrow, b->escrow, sizeof(Row));
    for (int k = 0; k < schedule->count; k++) step_back(&schedule->step[k], part, b, g);
}

/* Before an ex-date exercise of a put is worth less than after it, and so does not pay for a time: until ln(1 + d) / rate
 * if d is the dividend in strikes, all other things being certain. Where that is all of the part, its half will do. */
static double idle_time(const Batch *b, int l, double since_expiry, double length) {
    double kept = b->cash[l] + exp(-b->rate[l] * since_expiry) + b->escrow[l];
    double earned = b->rate[l] - (b->probe[l] > 0.0 ? b->yield[l] * spot_at(b, l, b->probe[l]) : 0.0);
    double until = earned > 0.0 ? log(kept) / earned : INFINITY;
    return (until > 0.0) & (until < length) ? until : 0.5 * length;
}

static void march_puts(const Schedule *schedule, Part *part, Batch *b, Grid *g) {
    Row length;
    memcpy(length, part->length, sizeof length);
    for (int l = 0; l < ABREAST; l++) part->length[l] = idle_time(b, l, part->from[l], length[l]);
    march(&idle_part, part, b, g);
    for (int l = 0; l < ABREAST; l++) part->from[l] += part->length[l], part->length[l] = length[l] - part->length[l];
    march(schedule, part, b, g);
}

/* The ex-date of dividend `next`, of `count`. */
static void pass_ex_date(Dividends d, Py_ssize_t count, Py_ssize_t next, Batch *b, Grid *g) {
    Row *u = g->past[0]->at, time, paid;
    int is_put = b->sign[0] > 0.0, last = next == 0;
    Exercise e;
    for (int l = 0; l < ABREAST; l++) {
        time[l] = b->kink.since[l] = b->years[l] - d.years[next], paid[l] = d.amount[next] / b->strike[l];
        b->kink.width[l] = kept_width(b, l, d.years[next], next + 1 < count ? d.years[next + 1] - d.years[next] : time[l]);
        if (!is_put) b->escrow[l] += paid[l];
    }
    set_exercise(b, time, &e);
    if (is_put)
        pass_puts(last, paid, &e, g->inward.at, u, b);
    else
        pass_calls(last, paid, &e, g->inward.at, u, b);
    if (b->kink.taken) {
        set_exercise(b, time, &e);
        take_off(b, &e, u);
    }
    for (int k = 1; k < LEVELS; k++) *g->past[k] = *g->past[0];
}

/* The part of time that ends, looking back, at the ex-date before dividend `next`, or now. */
static Part part_before(Dividends d, Py_ssize_t count, Py_ssize_t next, const Batch *b) {
    Part part;
    for (int l = 0; l < ABREAST; l++) {
        double until = next > 0 ? b->years[l] - d.years[next - 1] : b->years[l];
        part.from[l] = next < count ? b->years[l] - d.years[next] : 0.0, part.length[l] = until - part.from[l];
    }
    return part;
}

/* All contracts of the batch have the same number of dividends before expiry, and are all puts or all calls. */
static void solve_batch(Dividends d, Py_ssize_t count, Batch *b, Grid *g) {
    int earns = 0;
    memset(g->levels, 0, sizeof g->levels), memset(&b->kink, 0, sizeof b->kink);
    for (int k = 0; k < LEVELS; k++) g->past[k] = &g->levels[k];
    for (int l = 0; l < ABREAST; l++) {
        int pays = carry_at(b, l, b->end[l]) > 0.0;
        b->edge[l] = pays ? b->edge[l] : -1.0, earns |= pays;
    }
    for (Py_ssize_t next = count; next >= 0; next--) {
        const Schedule *schedule = next == 0 || next == count ? &long_part : &short_part;
        Part part = part_before(d, count, next, b);
        if (next < count) pass_ex_date(d, count, next, b, g);
        if (next < count && b->sign[0] > 0.0)
            march_puts(schedule, &part, b, g);
        else if (next < count || earns)
            march(schedule, &part, b, g);
    }
}

static void take_solution(Dividends d, const Batch *b, const Grid *g, int l, Solution *out) {
    out->sign = b->sign[l], out->escrow = b->escrow[l], out->start = b->start[l], out->step = b->step[l];
    out->edge = b->edge[l], out->share = b->share[l], out->cash = b->cash[l], out->asset = b->asset[l];
    out->now_cash = b->sign[l] * (1.0 - fast_exp(-b->rate[l] * b->years[l]) - b->escrow[l]);
    out->now_asset = b->sign[l] * (fast_exp(-b->yield[l] * b->years[l]) - 1.0);
    out->slope = b->kink.slope[l], out->bend = b->kink.bend[l], out->twist = b->kink.twist[l];
    out->at = b->kink.at[l], out->width = b->kink.width[l], out->until = d.years[0];
    for (int i = 0; i < GRID; i++) out->premium[i] = g->past[0]->at[i][l];
}

#endif
