# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""The compiled loops: contiguous float64 arrays in, caller-allocated arrays out, no checks.

What may cross this border: every input array is C-contiguous and holds either one value per row of the output or a
single value for all rows; no output overlaps an input or another output. profile.py and parity.py see to that, and own
the documentation of what is computed. The arithmetic is in the C headers.
"""

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
        LANES
    Py_ssize_t ladder_rows(Py_ssize_t, const Input *, Ladder, double *)
    Py_ssize_t direct_rows(Py_ssize_t, const Input *, double, Py_ssize_t, const double *, double *)
    ctypedef enum Figure:
        VANNA
        CHARM
    Py_ssize_t sloped_ladder_rows(Py_ssize_t, const Input *, Figure, Ladder, double *)
    Py_ssize_t sloped_direct_rows(Py_ssize_t, const Input *, Figure, double, Py_ssize_t, const double *, double *)
    ctypedef struct DeltaSums:
        double *here
        double *upward
        double *downward
    Py_ssize_t delta_ladder_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, Ladder, DeltaSums)
    Py_ssize_t delta_direct_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, double, Py_ssize_t,
                                 const double *, double *)
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


LADDER_PADDING = LANES
"""What an output of a ladder function is longer than its ladder: whole strips are added, and the last may run over."""


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


def gamma_ladder(const double[::1] spots, double log_step, list columns, Py_ssize_t rows, double[::1] out):
    """Add weight * gamma * spot of every row to `out`, LADDER_PADDING longer than `spots`, a log ladder.

    Columns: strike, years, sigma, weight, rate, dividend. Returns the number of invalid rows; where there are any,
    `out` is of no use.
    """
    cdef Input[6] inputs
    cdef Ladder ladder = Ladder(spots.shape[0], &spots[0], log_step)
    cdef Py_ssize_t invalid
    _read(columns, inputs)
    with nogil:
        invalid = ladder_rows(rows, inputs, ladder, &out[0])
    return invalid


def gamma_direct(double reference, const double[::1] log_spots, list columns, Py_ssize_t rows, double[::1] out):
    """Do the same at any spots, given as ln(spot / reference)."""
    cdef Input[6] inputs
    cdef Py_ssize_t invalid
    _read(columns, inputs)
    with nogil:
        invalid = direct_rows(rows, inputs, reference, log_spots.shape[0], &log_spots[0], &out[0])
    return invalid


def sloped_ladder(bint charm, const double[::1] spots, double log_step, list columns, Py_ssize_t rows,
                  double[::1] out):
    """Add weight * vanna, or weight * (charm less its part in delta), as `gamma_ladder` adds gamma."""
    cdef Input[6] inputs
    cdef Ladder ladder = Ladder(spots.shape[0], &spots[0], log_step)
    cdef Figure figure = CHARM if charm else VANNA
    cdef Py_ssize_t invalid
    _read(columns, inputs)
    with nogil:
        invalid = sloped_ladder_rows(rows, inputs, figure, ladder, &out[0])
    return invalid


def sloped_direct(bint charm, double reference, const double[::1] log_spots, list columns, Py_ssize_t rows,
                  double[::1] out):
    """Do the same at any spots, given as ln(spot / reference)."""
    cdef Input[6] inputs
    cdef Figure figure = CHARM if charm else VANNA
    cdef Py_ssize_t invalid
    _read(columns, inputs)
    with nogil:
        invalid = sloped_direct_rows(rows, inputs, figure, reference, log_spots.shape[0], &log_spots[0], &out[0])
    return invalid


def delta_ladder(const double[::1] spots, double log_step, list columns, const unsigned char[::1] is_call,
                 Py_ssize_t rows, double[::1] out, double[::1] upward, double[::1] downward):
    """Add weight * delta of every row to three sums, each LADDER_PADDING longer than `spots`.

    The total at a spot is `out` there, plus `upward` from the first spot to it, plus `downward` from the last.
    """
    cdef Input[6] inputs
    cdef Ladder ladder = Ladder(spots.shape[0], &spots[0], log_step)
    cdef DeltaSums sums = DeltaSums(&out[0], &upward[0], &downward[0])
    cdef Py_ssize_t invalid
    _read(columns, inputs)
    with nogil:
        invalid = delta_ladder_rows(rows, inputs, &is_call[0], is_call.shape[0], ladder, sums)
    return invalid


def delta_direct(double reference, const double[::1] log_spots, list columns, const unsigned char[::1] is_call,
                 Py_ssize_t rows, double[::1] out):
    """Add weight * delta of every row to `out` at any spots, given as ln(spot / reference)."""
    cdef Input[6] inputs
    cdef Py_ssize_t invalid
    _read(columns, inputs)
    with nogil:
        invalid = delta_direct_rows(rows, inputs, &is_call[0], is_call.shape[0], reference, log_spots.shape[0],
                                    &log_spots[0], &out[0])
    return invalid


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
