/* Time steps of the solver for cash dividends: backward differences of up to fourth order, shorter where a part of time
 * begins, since the premium is rough just before expiry, an ex-date, or the moment from which exercise pays again.
 *
 * At the k-th of n steps, (k / n)^1.5 of the part has passed. The first step is of first order, the second of second, and
 * so on: their weights depend on nothing but n and k, and are tables. */
#ifndef GEX_CASH_STEPS_H
#define GEX_CASH_STEPS_H

#include <math.h>

/* Levels of time a step looks back on; steps of a part that ends now or begins at expiry, of one between, and of the time
 * before an ex-date in which no put is exercised. */
enum { LEVELS = 4, LONG_PART = 24, SHORT_PART = 16, IDLE_PART = 12 };

/* u - implicit L u = sum of past[k] u as it was k + 1 steps ago, for u' = L u. Times in units of the part. */
typedef struct {
    double time, length, implicit, past[LEVELS];
} Step;

typedef struct {
    int count;
    Step step[LONG_PART];
} Schedule;

static Schedule long_part, short_part, idle_part;

/* The derivative at time[0] of the polynomial through times 0 to `order` (Fornberg, 1988), solved for its first value. */
static void fill_step(const double *time, int order, Step *out) {
    double own = 0.0;
    for (int m = 1; m <= order; m++) own += 1.0 / (time[0] - time[m]);
    for (int k = 1; k <= order; k++) {
        double weight = 1.0 / (time[0] - time[k]);
        for (int m = 1; m <= order; m++)
            if (m != k) weight *= (time[0] - time[m]) / (time[k] - time[m]);
        out->past[k - 1] = weight / own;
    }
    out->time = time[0], out->length = time[0] - time[1], out->implicit = 1.0 / own;
}

static void fill_schedule(int count, Schedule *out) {
    double time[LEVELS + 1] = {0.0};
    out->count = count;
    for (int k = 1; k <= count; k++) {
        for (int m = LEVELS; m > 0; m--) time[m] = time[m - 1];
        time[0] = pow((double)k / count, 1.5);
        fill_step(time, k < LEVELS ? k : LEVELS, &out->step[k - 1]);
    }
}

static void fill_cash_tables(void) {
    fill_schedule(LONG_PART, &long_part);
    fill_schedule(SHORT_PART, &short_part);
    fill_schedule(IDLE_PART, &idle_part);
}

#endif
