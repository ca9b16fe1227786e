/* sum_j weight_j gamma_j(S) S, or vanna or charm, over a ladder of spots S uniform in the logarithm. */
#ifndef GEX_PROFILE_H
#define GEX_PROFILE_H

#include "sweeps.h"
#include "windows.h"

static Reach reach_of(const Grids *grids, double finest) {
    Ladder ladder = grids->ladder;
    Py_ssize_t below = grids->anchor, above = ladder.count - 1 - grids->anchor;
    Reach reach = {ladder.spot[grids->anchor], (double)below * ladder.log_step, (double)above * ladder.log_step,
                   ladder.log_step, finest * ladder.log_step, ldexp(1.0, grids->count - 1), first_swept(grids)};
    return reach;
}

/* The columns: strike, years, sigma, weight, rate, dividend. Returns how many rows cannot be priced. */
static Py_ssize_t ladder_chunk(Py_ssize_t n, const Input in[6], Figure figure, const Grids *grids, double *sums) {
    Copy copies[6], merged[6];
    Bells bells;
    Sweeps sweeps;
    Reach reach = reach_of(grids, FINEST);
    Py_ssize_t invalid = 0;
    start_sweeps(grids, figure != GAMMA, &sweeps);
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns book = book_columns(in, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &book, merged);
        invalid += find_bells(rows, book, figure, reach, &bells);
        if (invalid) continue;
        add_swept(rows, &bells, &sweeps);
        add_windowed(rows, grids, &bells, book, figure != GAMMA, -1.0, sums);
    }
    finish_sweeps(grids, &sweeps, sums);
    return invalid;
}

/* How many sums a chunk of contracts takes. */
static Py_ssize_t bells_length(Py_ssize_t spots) {
    Ladder ladder = {spots, NULL, 0.0};
    return grids_of(ladder).length;
}

static Py_ssize_t ladder_rows(Py_ssize_t n, const Input in[6], Figure figure, Ladder ladder, double *sums) {
    Grids grids = grids_of(ladder);
    Py_ssize_t invalid = 0;
    for (Py_ssize_t start = 0; start < n; start += CHUNK, sums += grids.length) {
        Input chunk[6];
        chunk_columns(in, start, chunk);
        invalid += ladder_chunk(chunk_length(n, start), chunk, figure, &grids, sums);
    }
    return invalid;
}

/* Make the sums of all chunks one at each spot of the ladder. */
static void total_rows(Py_ssize_t chunks, Ladder ladder, double *sums, double *out) {
    Grids grids = grids_of(ladder);
    add_chunks(grids.length, chunks, sums);
    add_grids(&grids, sums);
    memcpy(out, sums + grids.origin[0], (size_t)ladder.count * sizeof *out);
}

#endif
