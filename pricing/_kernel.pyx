# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""The compiled loops: contiguous float64 arrays in, caller-allocated arrays out, no checks.

What may cross this border: every input array is C-contiguous and holds either one value per row of the output or a
single value for all rows; no output overlaps an input or another output. profile.py and parity.py see to that, and own
the documentation of what is computed. The arithmetic is in the C headers.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdlib cimport free, malloc

cdef extern from "kernel.h" nogil:
    ctypedef struct Input:
        const double *values
        Py_ssize_t length
    ctypedef struct Ladder:
        Py_ssize_t count
        const double *spot
        double log_step
    ctypedef struct Book:
        Input *columns
        const unsigned char *is_call
        Py_ssize_t flags
    ctypedef struct AnySpots:
        double reference
        Py_ssize_t count
        const double *log_spot
        double step
    enum:
        CHUNK
        TAPS
    ctypedef enum Figure:
        _GAMMA "GAMMA"
        _VANNA "VANNA"
        _CHARM "CHARM"
        _DELTA "DELTA"
    Book book_from(Book, Py_ssize_t)
    double step_of(Py_ssize_t, const double *, double)
    Py_ssize_t c_sums_length "sums_length"(Figure, Py_ssize_t)
    Py_ssize_t c_ladder_sums "ladder_sums"(Py_ssize_t, Book, Figure, Ladder, int, double *)
    void c_ladder_total "ladder_total"(Figure, Py_ssize_t, Ladder, double *, double *)
    Py_ssize_t c_direct_sums "direct_sums"(Py_ssize_t, Book, Figure, AnySpots, double *)
    void c_interpolate "interpolate"(Py_ssize_t, const double *, const double *, double *)
    double c_weighted_sum "weighted_sum"(Py_ssize_t, Input, Input)
    void log_block(Py_ssize_t, const double *, double, double *)
    ctypedef struct ParityQuotes:
        const double *strike
        const double *call_bid
        const double *call_ask
        const double *put_bid
        const double *put_ask
    ctypedef struct ParityFit:
        double forward
        double half_width
        double scatter
        double fitted_discount
        Py_ssize_t inliers
        Py_ssize_t candidates
    void interpolate_group(Py_ssize_t, const double *, const double *, Py_ssize_t, const double *, double *)
    enum:
        PARITY_SCRATCH
    ParityFit parity_fit(ParityQuotes, Py_ssize_t, Py_ssize_t, double, int, double *)
    const char *instruction_set_name()


GAMMA, VANNA, CHARM, DELTA = _GAMMA, _VANNA, _CHARM, _DELTA
"""What sums are of: gamma times spot, vanna, charm less its part in delta, or delta."""

CONTRACTS = CHUNK
"""Contracts in a chunk. Each chunk is summed by itself, and the sums in the order of the chunks."""

REACH = TAPS // 2
"""Points to either side that `interpolate` looks at."""


def instruction_set():
    """Return the instruction set the loops run on here: avx512, avx2 or baseline."""
    return instruction_set_name().decode()


def log_ratios(const double[::1] values, double base, double[::1] out):
    """Write ln(values / base) to `out`, exact to a few units in its own last place."""
    with nogil:
        log_block(out.shape[0], &values[0], base, &out[0])


cdef int _read_book(list columns, const unsigned char[::1] is_call, Py_ssize_t start, Book *book) except -1:
    """Point `book` at its rows from `start` on. The list keeps the columns alive: no memoryview has to."""
    cdef Py_buffer view
    cdef Py_ssize_t k
    for k in range(6):
        PyObject_GetBuffer(columns[k], &view, PyBUF_SIMPLE)
        book.columns[k] = Input(<const double *> view.buf, view.len // sizeof(double))
        PyBuffer_Release(&view)
    book.is_call, book.flags = &is_call[0], is_call.shape[0]
    book[0] = book_from(book[0], start)
    return 0


def even_step(const double[::1] spots, double tolerance):
    """Return the distance of neighbours in ln(spot), 0 where it is not the same all along, and above 0, or NaN.

    It is NaN where a spot is no positive price. No spot may be off by more than `tolerance` per unit of the ladder's
    length, or of one where that is shorter.
    """
    return step_of(spots.shape[0], &spots[0], tolerance)


def sums_length(int figure, Py_ssize_t spots):
    """Return how many sums a chunk of contracts takes for a ladder of so many spots."""
    return c_sums_length(<Figure> figure, spots)


def ladder_sums(int figure, const double[::1] spots, double step, bint wide, list columns,
                const unsigned char[::1] is_call, Py_ssize_t start, Py_ssize_t stop, double[:, ::1] sums):
    """Add rows `start` to `stop` of a book, a chunk to a row of `sums`, for a ladder with equal steps of ln(spot).

    Columns: strike, years, sigma, weight, rate, dividend. If `wide`, the contracts that are narrow beside the ladder's
    own steps are left out. Returns the number of rows that cannot be priced; where there are any, the sums are of no use.
    """
    cdef Book book
    cdef Ladder ladder = Ladder(spots.shape[0], &spots[0], step)
    cdef Py_ssize_t invalid
    _read_book(columns, is_call, start, &book)
    with nogil:
        invalid = c_ladder_sums(stop - start, book, <Figure> figure, ladder, wide, &sums[0, 0])
    return invalid


def ladder_total(int figure, const double[::1] spots, double step, double[:, ::1] sums, double[::1] out):
    """Write the total of `ladder_sums` to `out`, one number a spot, and use up `sums`."""
    cdef Ladder ladder = Ladder(spots.shape[0], &spots[0], step)
    with nogil:
        c_ladder_total(<Figure> figure, sums.shape[0], ladder, &sums[0, 0], &out[0])


def direct_sums(int figure, double reference, const double[::1] log_spots, double step, list columns,
                const unsigned char[::1] is_call, Py_ssize_t start, Py_ssize_t stop, double[:, ::1] sums):
    """Do what `ladder_sums` does at any spots, given as ln(spot / reference): a row of `sums` is as long as they.

    With a `step`, the spots ascend, and those contracts alone are summed that are left out on a ladder of that step where
    the wide ones are.
    """
    cdef Book book
    cdef AnySpots at = AnySpots(reference, log_spots.shape[0], &log_spots[0], step)
    cdef Py_ssize_t invalid
    _read_book(columns, is_call, start, &book)
    with nogil:
        invalid = c_direct_sums(stop - start, book, <Figure> figure, at, &sums[0, 0])
    return invalid


def interpolate(const double[::1] places, const double[::1] values, double[::1] out):
    """Write what `values` are at `places` between them, counted from the first and at least REACH from either end."""
    with nogil:
        c_interpolate(out.shape[0], &places[0], &values[0], &out[0])


def interpolate_groups(const double[::1] at, const Py_ssize_t[::1] at_first, const double[::1] x, const double[::1] y,
                       const Py_ssize_t[::1] first, double[::1] out):
    """Write what y is at the places of each group, which begin and end as the entries of `at_first` say, by its points."""
    cdef Py_ssize_t k, places, points
    with nogil:
        for k in range(first.shape[0] - 1):
            places, points = at_first[k], first[k]
            interpolate_group(first[k + 1] - points, &x[0] + points, &y[0] + points, at_first[k + 1] - places,
                              &at[0] + places, &out[0] + places)


def weighted_sum(Py_ssize_t rows, const double[::1] weight, const double[::1] values):
    """Return the sum of weight * values over so many rows, leaving out where the weight is 0."""
    return c_weighted_sum(rows, Input(&weight[0], weight.shape[0]), Input(&values[0], values.shape[0]))


def parity_forwards(list quotes, const Py_ssize_t[::1] first, const double[::1] discount, bint free_discount,
                    double[:, ::1] figures, Py_ssize_t[:, ::1] counts):
    """Fit the forward of each expiration, whose strikes are the rows from one entry of `first` to the next.

    Quotes: strike, call bid and ask, put bid and ask. Figures, a row each: forward, half-width, scatter, fitted discount
    (NaN unless `free_discount`). Counts: inliers, candidates.
    """
    cdef const double[::1] strike = quotes[0], call_bid = quotes[1], call_ask = quotes[2]
    cdef const double[::1] put_bid = quotes[3], put_ask = quotes[4]
    cdef ParityQuotes q = ParityQuotes(&strike[0], &call_bid[0], &call_ask[0], &put_bid[0], &put_ask[0])
    cdef ParityFit fit
    cdef Py_ssize_t k
    cdef double *memory = <double *> malloc((PARITY_SCRATCH * strike.shape[0] + 1) * sizeof(double))
    if memory == NULL:
        raise MemoryError
    with nogil:
        for k in range(discount.shape[0]):
            fit = parity_fit(q, first[k], first[k + 1], discount[k], free_discount, memory)
            figures[0, k], figures[1, k], figures[2, k] = fit.forward, fit.half_width, fit.scatter
            figures[3, k], counts[0, k], counts[1, k] = fit.fitted_discount, fit.inliers, fit.candidates
    free(memory)
