/* The sums of gamma times spot, vanna or charm over a ladder of spots uniform in the logarithm. */
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

/* Add up a chunk of contracts, or those alone that are not narrower than FINEST steps of the ladder. Returns how many
 * cannot be priced. */
static Py_ssize_t bell_chunk(Py_ssize_t n, const Book *book, Figure figure, const Grids *grids, int wide, double *sums) {
    Copy copies[6], merged[6];
    Bells bells;
    Sweeps sweeps;
    Reach reach = reach_of(grids, FINEST);
    Py_ssize_t invalid = 0;
    start_sweeps(grids, figure != GAMMA, &sweeps);
    for (Py_ssize_t start = 0; start < n; start += BLOCK) {
        BookColumns columns = book_columns(book, n, start, copies);
        Py_ssize_t rows = merge_rows(block_length(n, start), &columns, merged);
        invalid += find_bells(rows, columns, figure, reach, &bells);
        if (invalid) continue;
        add_swept(rows, &bells, &sweeps);
        add_windowed(rows, grids, &bells, columns, figure != GAMMA, wide ? 0.0 : -1.0, sums);
    }
    finish_sweeps(grids, &sweeps, sums);
    return invalid;
}

/* Leave the sums of all grids at the ladder's spots. */
static void total_bells(const Grids *grids, double *sums, double *out) {
    add_grids(grids, sums);
    memcpy(out, sums + grids->origin[0], (size_t)grids->ladder.count * sizeof *out);
}

#endif
