# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""The compiled loops: contiguous float64 arrays in, caller-allocated arrays out, no checks.

What may cross this border: every input array is C-contiguous and holds either one value per row of the output or a
single value for all rows; no output overlaps an input or another output. profile.py and parity.py see to that, and own
the documentation of what is computed. The arithmetic is in the C headers.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cdef extern from "kernel.h" nogil:
    ctypedef struct Input:
        const double *values
        Py_ssize_t length
    ctypedef struct Ladder:
        Py_ssize_t count
        const double *spot
        double log_step
    enum:
        CHUNK
    ctypedef enum Figure:
        _GAMMA "GAMMA"
        _VANNA "VANNA"
        _CHARM "CHARM"
    double step_of(Py_ssize_t, const double *, double)
    Py_ssize_t bells_length(Py_ssize_t)
    Py_ssize_t ladder_rows(Py_ssize_t, const Input *, Figure, Ladder, double *)
    void total_rows(Py_ssize_t, Ladder, double *, double *)
    Py_ssize_t deltas_length(Py_ssize_t)
    Py_ssize_t delta_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, Ladder, double *)
    void total_deltas(Py_ssize_t, Ladder, double *, double *)
    Py_ssize_t direct_rows(Py_ssize_t, const Input *, Figure, double, Py_ssize_t, const double *, double *)
    Py_ssize_t direct_delta_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, double, Py_ssize_t,
                                 const double *, double *)
    double sum_weighted(Py_ssize_t, Input, Input)
    void log_block(Py_ssize_t, const double *, double, double *)
    ctypedef struct Fit:
        double level
        double slope
        double standard_error
        double scale
        Py_ssize_t inliers
    double median_of(double *, Py_ssize_t)
    Fit biweight_fit(Py_ssize_t, const double *, const double *, const double *, int, Fit, double *, double *)
    const char *instruction_set_name()


GAMMA, VANNA, CHARM = _GAMMA, _VANNA, _CHARM
"""What sums over a ladder are of: gamma times spot, vanna, or charm less its part in delta."""

CONTRACTS = CHUNK
"""Contracts in a chunk. Each chunk is summed by itself, and the sums in the order of the chunks."""


cdef int _read(list columns, Input *inputs) except -1:
    """Point `inputs` at the columns, which the list keeps alive."""
    cdef const double[::1] values
    cdef Py_ssize_t k
    for k in range(len(columns)):
        values = columns[k]
        inputs[k].values = &values[0]
        inputs[k].length = values.shape[0]
    return 0


def instruction_set():
    """Return the instruction set the loops run on here: avx512, avx2 or baseline."""
    return instruction_set_name().decode()


def log_ratios(const double[::1] values, double base, double[::1] out):
    """Write ln(values / base) to `out`, exact to a few units in its own last place."""
    with nogil:
        log_block(out.shape[0], &values[0], base, &out[0])


cdef int _read_from(list columns, Py_ssize_t start, Input *inputs) except -1:
    """Point `inputs` at the columns from row `start` on. The list keeps them alive: no memoryview has to."""
    cdef Py_buffer view
    cdef Py_ssize_t k, length
    for k in range(len(columns)):
        PyObject_GetBuffer(columns[k], &view, PyBUF_SIMPLE)
        length = view.len // sizeof(double)
        inputs[k] = Input(<const double *> view.buf + (0 if length == 1 else start), length)
        PyBuffer_Release(&view)
    return 0


cdef inline Ladder _ladder(const double[::1] spots, double step) noexcept nogil:
    return Ladder(spots.shape[0], &spots[0], step)


def even_step(const double[::1] spots, double tolerance):
    """Return the distance of neighbours in ln(spot), 0 where it is not the same all along, and above 0, or NaN.

    It is NaN where a spot is no positive price. No spot may be off by more than `tolerance` per unit of the ladder's
    length, or of one where that is shorter.
    """
    return step_of(spots.shape[0], &spots[0], tolerance)


def sums_length(Py_ssize_t spots):
    """Return how many sums a chunk of contracts takes for a ladder of so many spots."""
    return bells_length(spots)


def ladder_sums(int figure, const double[::1] spots, double step, list columns, Py_ssize_t start, Py_ssize_t stop,
                double[:, ::1] sums):
    """Add rows `start` to `stop` of a book, a chunk to a row of `sums`, for a ladder with equal steps of ln(spot).

    Columns: strike, years, sigma, weight, rate, dividend. Returns the number of rows that cannot be priced; where there
    are any, the sums are of no use.
    """
    cdef Input[6] inputs
    cdef Py_ssize_t invalid
    _read_from(columns, start, inputs)
    with nogil:
        invalid = ladder_rows(stop - start, inputs, <Figure> figure, _ladder(spots, step), &sums[0, 0])
    return invalid


def ladder_total(const double[::1] spots, double step, double[:, ::1] sums, double[::1] out):
    """Write the total of `ladder_sums` to `out`, one number a spot, and use up `sums`."""
    with nogil:
        total_rows(sums.shape[0], _ladder(spots, step), &sums[0, 0], &out[0])


def delta_sums_length(Py_ssize_t spots):
    """Return how many sums `delta_sums` takes."""
    return deltas_length(spots)


def delta_sums(const double[::1] spots, double step, list columns, const unsigned char[::1] is_call, Py_ssize_t start,
               Py_ssize_t stop, double[:, ::1] sums):
    """Do what `ladder_sums` does for delta."""
    cdef Input[6] inputs
    cdef Py_ssize_t invalid, flags = is_call.shape[0]
    _read_from(columns, start, inputs)
    with nogil:
        invalid = delta_rows(stop - start, inputs, &is_call[0 if flags == 1 else start], flags, _ladder(spots, step),
                             &sums[0, 0])
    return invalid


def delta_total(const double[::1] spots, double step, double[:, ::1] sums, double[::1] out):
    """Do what `ladder_total` does for delta."""
    with nogil:
        total_deltas(sums.shape[0], _ladder(spots, step), &sums[0, 0], &out[0])


def direct_sums(int figure, double reference, const double[::1] log_spots, list columns, Py_ssize_t start,
                Py_ssize_t stop, double[:, ::1] sums):
    """Do what `ladder_sums` does at any spots, given as ln(spot / reference): a row of `sums` is as long as they."""
    cdef Input[6] inputs
    cdef Py_ssize_t invalid
    _read_from(columns, start, inputs)
    with nogil:
        invalid = direct_rows(stop - start, inputs, <Figure> figure, reference, log_spots.shape[0], &log_spots[0],
                              &sums[0, 0])
    return invalid


def direct_delta_sums(double reference, const double[::1] log_spots, list columns, const unsigned char[::1] is_call,
                      Py_ssize_t start, Py_ssize_t stop, double[:, ::1] sums):
    """Do the same for delta."""
    cdef Input[6] inputs
    cdef Py_ssize_t invalid, flags = is_call.shape[0]
    _read_from(columns, start, inputs)
    with nogil:
        invalid = direct_delta_rows(stop - start, inputs, &is_call[0 if flags == 1 else start], flags, reference,
                                    log_spots.shape[0], &log_spots[0], &sums[0, 0])
    return invalid


def weighted_sum(Py_ssize_t rows, const double[::1] weight, const double[::1] values):
    """Return the sum of weight * values over so many rows, leaving out where the weight is 0."""
    return sum_weighted(rows, Input(&weight[0], weight.shape[0]), Input(&values[0], values.shape[0]))


cdef double *_scratch(Py_ssize_t n) except NULL:
    cdef double *memory = <double *> malloc(n * sizeof(double))
    if memory == NULL:
        raise MemoryError
    return memory


def median(const double[::1] values):
    """Return the median of at least one value, none of them NaN."""
    cdef Py_ssize_t n = values.shape[0]
    cdef double *copy = _scratch(n)
    memcpy(copy, &values[0], n * sizeof(double))
    cdef double result = median_of(copy, n)
    free(copy)
    return result


def robust_level(const double[::1] values, const double[::1] half):
    """Return the biweight level of `values`, its standard error, their scatter in units of `half`, and the inliers."""
    cdef Py_ssize_t n = values.shape[0]
    cdef double *scratch = _scratch(2 * n)
    memcpy(scratch, &values[0], n * sizeof(double))
    cdef Fit fit = Fit(median_of(scratch, n), 0.0, 0.0, 0.0, 0)
    fit = biweight_fit(n, &values[0], &values[0], &half[0], False, fit, scratch, scratch + n)
    free(scratch)
    return fit.level, fit.standard_error, fit.scale, fit.inliers


def robust_slope(const double[::1] x, const double[::1] y, const double[::1] half, double slope):
    """Return the biweight slope of `y` on `x`, starting from `slope` through the origin."""
    cdef Py_ssize_t n = x.shape[0]
    cdef double *scratch = _scratch(2 * n)
    cdef Fit fit = Fit(0.0, slope, 0.0, 0.0, 0)
    fit = biweight_fit(n, &x[0], &y[0], &half[0], True, fit, scratch, scratch + n)
    free(scratch)
    return fit.slope
