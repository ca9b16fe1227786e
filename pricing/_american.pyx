# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""The compiled loops for American exercise, under the same contract at the border as `_kernel.pyx`.

Contiguous float64 arrays in, one value per row or a single one for all rows; caller-allocated arrays out; no checks.
american.py sees to them and owns the documentation; the arithmetic is in american*.h.
"""

cimport cython
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

cdef extern from "american.h" nogil:
    ctypedef struct Input:
        const double *values
        Py_ssize_t length
    ctypedef struct LogSpots:
        Py_ssize_t count
        double reference
        const double *log_spot
    void fill_american_tables()
    void fill_knot_tables()
    void american_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, double *const *)
    void american_implied_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, double *, signed char *)
    Py_ssize_t american_profile_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, LogSpots, double *)
    ctypedef enum EarlyState:
        UNSOLVED
    ctypedef struct Early:
        EarlyState state
    ctypedef struct Range:
        double low
        double high
    void solve_early_rows(Py_ssize_t, const Input *, const unsigned char *, Py_ssize_t, Range, Early *)
    void age_early(const Early *, double, Early *)
    void early_values(Py_ssize_t, const int64_t *, const Early *, double, double *const *)
    void early_vannas(Py_ssize_t, const Early *, double, double, double *)
    double early_gamma_sum(Py_ssize_t, const int64_t *, const Early *, const double *, double)
    void early_profile_rows(Py_ssize_t, const int64_t *, const Early *, const double *, LogSpots, double *)


fill_american_tables()
fill_knot_tables()


cdef int _read(list columns, Input *inputs) except -1:
    """Point `inputs` at the columns, which the list keeps alive."""
    cdef const double[::1] values
    cdef Py_ssize_t k
    for k in range(len(columns)):
        values = columns[k]
        inputs[k].values = &values[0]
        inputs[k].length = values.shape[0]
    return 0


def american(list columns, const unsigned char[::1] is_call, double[::1] price, double[::1] delta, double[::1] gamma):
    """Columns: spot, strike, years, sigma, rate, dividend."""
    cdef Input[6] inputs
    cdef double *out[3]
    out[:] = [&price[0], &delta[0], &gamma[0]]
    _read(columns, inputs)
    with nogil:
        american_rows(price.shape[0], inputs, &is_call[0], is_call.shape[0], out)


def american_profile(double reference, const double[::1] log_spots, list columns, const unsigned char[::1] is_call,
                     Py_ssize_t rows, double[::1] out):
    """Add weight * gamma * spot of every row to `out`, at ascending spots given as ln(spot / reference).

    Columns: strike, years, sigma, weight, rate, dividend. Returns the first row that cannot be priced, or `rows`; where
    there is one, `out` is of no use.
    """
    cdef Input[6] inputs
    cdef LogSpots spots = LogSpots(log_spots.shape[0], reference, &log_spots[0])
    cdef Py_ssize_t first
    _read(columns, inputs)
    with nogil:
        first = american_profile_rows(rows, inputs, &is_call[0], is_call.shape[0], spots, &out[0])
    return first


def american_implied(list columns, const unsigned char[::1] is_call, double[::1] sigma, signed char[::1] status):
    """Columns: price, spot, strike, years, rate, dividend."""
    cdef Input[6] inputs
    _read(columns, inputs)
    with nogil:
        american_implied_rows(sigma.shape[0], inputs, &is_call[0], is_call.shape[0], &sigma[0], &status[0])


@cython.final
@cython.auto_pickle(False)
cdef class EarlyStore:
    """The boundaries of `count` contracts; each is to be solved before it is used."""

    cdef Early *early
    cdef Py_ssize_t count

    def __cinit__(self, Py_ssize_t count):
        self.count = count
        self.early = <Early *> malloc(max(count, 1) * sizeof(Early))
        if self.early == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.early)

    def solve(self, list columns, const unsigned char[::1] is_call, Py_ssize_t first, Py_ssize_t end, double low,
              double high):
        """Solve contracts `first` to `end` for spots in [low, high]. Columns: their strike, years, sigma, rate, dividend."""
        cdef Input[5] inputs
        cdef Range spots = Range(low, high)
        _read(columns, inputs)
        with nogil:
            solve_early_rows(end - first, inputs, &is_call[0], is_call.shape[0], spots, self.early + first)

    def age(self, EarlyStore young, double elapsed):
        """Take the contracts of `young`, all of them, `elapsed` years later."""
        cdef Py_ssize_t i
        with nogil:
            for i in range(self.count):
                age_early(young.early + i, elapsed, self.early + i)

    def unsolved(self, unsigned char[::1] out):
        cdef Py_ssize_t i
        for i in range(self.count):
            out[i] = self.early[i].state == UNSOLVED

    def values(self, double spot, const int64_t[::1] rows, double[::1] price, double[::1] delta, double[::1] gamma):
        """Write what early exercise adds, one entry for each of `rows`."""
        cdef double *out[3]
        out[:] = [&price[0], &delta[0], &gamma[0]]
        with nogil:
            early_values(rows.shape[0], &rows[0], self.early, spot, out)

    def vannas(self, double spot, double bump, Py_ssize_t first, double[::1] out):
        """Write what early exercise adds to vanna, of the contracts from `first` on."""
        with nogil:
            early_vannas(out.shape[0], self.early + first, spot, bump, &out[0])

    def gamma_sum(self, double spot, const int64_t[::1] rows, const double[::1] weight):
        """Return the sum of weight * what early exercise adds to gamma."""
        cdef double total
        with nogil:
            total = early_gamma_sum(rows.shape[0], &rows[0], self.early, &weight[0], spot)
        return total

    def profile(self, double reference, const double[::1] log_spots, const int64_t[::1] rows, const double[::1] weight,
                double[::1] out):
        """Add weight * what early exercise adds to gamma * spot, at ascending spots given as ln(spot / reference)."""
        cdef LogSpots spots = LogSpots(log_spots.shape[0], reference, &log_spots[0])
        with nogil:
            early_profile_rows(rows.shape[0], &rows[0], self.early, &weight[0], spots, &out[0])
