/* Wide contracts: some of them side by side, from the anchor outwards over all of a coarse grid. */
#ifndef GEX_SWEEPS_H
#define GEX_SWEEPS_H

#include "bells.h"

/* Contracts in a sweep, which share so many lanes of sums; points taken at a time; the most steps of a grid that is
 * swept; and how many such grids there may be, from that down to FEWEST_STEPS. */
enum { CREW = 16, LANES = 8, PACE = 2, LONGEST = 208, SWEPT_GRIDS = 5 };

/* No fewer than the points of all swept grids, whose anchors are off their middles. */
enum { LANE_POINTS = 2 * LONGEST + SWEPT_GRIDS * 2 * (MARGIN + FEWEST_STEPS + PACE) };

typedef double Lanes[LANES];

/* What goes up, or down, from the anchor: the values at the next point, their ratios to the one after, and the lines. */
typedef struct {
    double value[CREW], ratio[CREW], line[CREW];
} Side;

/* What both sides lose and gain a step. */
typedef struct {
    double loss[CREW], gain[CREW];
} Change;

/* The anchor itself counts as down. */
INLINE void start_sides(const Front *front, const Incline *incline, int sloped, Side *up, Side *down, Change *change) {
    INDEPENDENT
    for (int i = 0; i < CREW; i++) {
        Front f = front[i];
        change->loss[i] = f.loss;
        up->value[i] = f.value * f.up, up->ratio[i] = f.up - f.up * f.loss;
        down->value[i] = f.value, down->ratio[i] = f.down;
        if (!sloped) continue;
        change->gain[i] = incline[i].gain;
        up->line[i] = incline[i].level + incline[i].gain, down->line[i] = incline[i].level;
    }
}

/* Add contracts i and i + LANES at PACE points; `way` is 1 upwards and -1 downwards. With b small the ratio is not
 * multiplied by exp(-b^2), whose rounding error would grow with the square of the steps, but loses 1 - exp(-b^2) of
 * itself. */
INLINE void add_paces(Side *side, int i, int way, const Change *change, int sloped, Lanes *sums) {
    int j = i + LANES;
    double value = side->value[i], ratio = side->ratio[i], line = sloped ? side->line[i] : 1.0;
    double value2 = side->value[j], ratio2 = side->ratio[j], line2 = sloped ? side->line[j] : 1.0;
    for (int k = 0; k < PACE; k++) {
        sums[way * k][i] += sloped ? value * line + value2 * line2 : value + value2;
        value *= ratio, ratio -= ratio * change->loss[i];
        value2 *= ratio2, ratio2 -= ratio2 * change->loss[j];
        if (sloped) line += way * change->gain[i], line2 += way * change->gain[j];
    }
    side->value[i] = value, side->ratio[i] = ratio, side->value[j] = value2, side->ratio[j] = ratio2;
    if (sloped) side->line[i] = line, side->line[j] = line2;
}

INLINE void sweep(const Front *front, const Incline *incline, int sloped, Py_ssize_t paces, Lanes *anchor) {
    Side up, down;
    Change change;
    start_sides(front, incline, sloped, &up, &down, &change);
    for (Lanes *above = anchor + 1, *below = anchor; paces > 0; paces--, above += PACE, below -= PACE) {
        INDEPENDENT
        for (int i = 0; i < LANES; i++) {
            add_paces(&up, i, 1, &change, sloped, above);
            add_paces(&down, i, -1, &change, sloped, below);
        }
    }
}

MULTIVERSION void sweep_level(const Front *front, Py_ssize_t paces, Lanes *anchor) {
    sweep(front, NULL, 0, paces, anchor);
}

MULTIVERSION void sweep_sloped(const Front *front, const Incline *incline, Py_ssize_t paces, Lanes *anchor) {
    sweep(front, incline, 1, paces, anchor);
}

/* The grids that are swept, from number `first` on, how many crews have been, and who waits: up to `next` of a crew. The crews of places
 * that are not swept never go: that is quicker than to look whom to leave out. */
typedef struct {
    int first, sloped, sent[SWEPT_GRIDS];
    Py_ssize_t paces[SWEPT_GRIDS], anchor[SWEPT_GRIDS]; /* of points above, and where the anchor is among the lanes */
    Front *next[SWEPT + SWEPT_GRIDS], crew[SWEPT + SWEPT_GRIDS][CREW];
    Incline incline[SWEPT + SWEPT_GRIDS][CREW];
    ALIGNED Lanes lanes[LANE_POINTS];
} Sweeps;

static int first_swept(const Grids *grids) {
    int g = 0;
    while (grids->last[g] > LONGEST) g++;
    return g;
}

static void start_sweeps(const Grids *grids, int sloped, Sweeps *out) {
    Py_ssize_t points = 0;
    out->first = first_swept(grids), out->sloped = sloped;
    for (int s = 0; s < grids->count - out->first; s++) {
        Py_ssize_t below = points_below(grids, out->first + s), above = points_above(grids, out->first + s);
        out->paces[s] = ((above > below ? above : below + 1) + PACE - 1) / PACE;
        out->anchor[s] = points + PACE * out->paces[s] - 1;
        points += 2 * PACE * out->paces[s];
    }
    for (int place = 0; place < SWEPT + SWEPT_GRIDS; place++) out->next[place] = out->crew[place];
    memset(out->sent, 0, sizeof out->sent);
}

static void send_crew(Sweeps *sweeps, int place) {
    Front *crew = sweeps->crew[place], *next = sweeps->next[place];
    Py_ssize_t paces = sweeps->paces[place - SWEPT], points = PACE * paces;
    Lanes *anchor = sweeps->lanes + sweeps->anchor[place - SWEPT];
    if (!sweeps->sent[place - SWEPT]++) memset(anchor + 1 - points, 0, 2 * (size_t)points * sizeof(Lanes));
    for (; next < crew + CREW; next++) {
        *next = crew[0], next->value = 0.0;
        if (sweeps->sloped) sweeps->incline[place][next - crew] = sweeps->incline[place][0];
    }
    if (sweeps->sloped)
        sweep_sloped(crew, sweeps->incline[place], paces, anchor);
    else
        sweep_level(crew, paces, anchor);
}

/* Let the contracts of a block join their crews, and send those that are complete. */
static void add_swept(Py_ssize_t n, const Bells *bells, Sweeps *sweeps) {
    for (Py_ssize_t i = 0; i < n; i++) {
        int place = bells->place[i];
        Front *next = sweeps->next[place]++, *crew = sweeps->crew[place];
        *next = bells->front[i];
        if (sweeps->sloped) sweeps->incline[place][next - crew] = bells->incline[i];
        if (next < crew + CREW - 1) continue;
        if (place >= SWEPT) send_crew(sweeps, place);
        sweeps->next[place] = crew;
    }
}

MULTIVERSION void add_lanes(Py_ssize_t points, const Lanes *lanes, double *sums) {
    for (Py_ssize_t k = 0; k < points; k++) {
        double sum = 0.0;
        for (int i = 0; i < LANES; i++) sum += lanes[k][i];
        sums[k] += sum * (1.0 / SWEPT_SCALE);
    }
}

/* Send the crews that still wait, and add the lanes to the sums of the grids. */
static void finish_sweeps(const Grids *grids, Sweeps *sweeps, double *sums) {
    for (int g = sweeps->first; g < grids->count; g++) {
        int s = g - sweeps->first, place = s + SWEPT;
        if (sweeps->next[place] != sweeps->crew[place]) send_crew(sweeps, place);
        if (!sweeps->sent[s]) continue;
        add_lanes(points_below(grids, g) + points_above(grids, g) + 1,
                  sweeps->lanes + sweeps->anchor[s] - points_below(grids, g), sums + grids->origin[g] - MARGIN);
    }
}

#endif
