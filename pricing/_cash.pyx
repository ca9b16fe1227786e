# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""The compiled loops for American options with cash dividends, under the same contract at the border as `_kernel.pyx`."""

from libc.stdlib cimport free, malloc

cdef extern from "cash.h" nogil:
    ctypedef struct Input:
        const double *values
        Py_ssize_t length
    ctypedef struct Dividends:
        Py_ssize_t count
        const double *years
        const double *amount
    ctypedef struct Rows:
        Py_ssize_t count
        Py_ssize_t flags
        const Input *columns
        const unsigned char *is_call
        Dividends dividends
    ctypedef struct Work:
        pass
    void fill_american_tables()
    void fill_cash_tables()
    void cash_rows(const Rows *, double *const *, Work *)


fill_american_tables()
fill_cash_tables()


cdef int _read(list columns, Input *inputs) except -1:
    """Point `inputs` at the columns, which the list keeps alive."""
    cdef const double[::1] values
    cdef Py_ssize_t k
    for k in range(len(columns)):
        values = columns[k]
        inputs[k].values = &values[0]
        inputs[k].length = values.shape[0]
    return 0


cdef Work *_new_work() except NULL:
    cdef Work *work = <Work *>malloc(sizeof(Work))
    if not work:
        raise MemoryError
    return work


def american(list columns, const unsigned char[::1] is_call, const double[::1] ex_dates, const double[::1] amounts,
             double[::1] price, double[::1] delta, double[::1] gamma):
    """Columns: spot, strike, years, sigma, rate, dividend. Rows that expire before the first ex-date are left alone."""
    cdef Input[6] inputs
    cdef double *out[3]
    cdef Dividends dividends = Dividends(ex_dates.shape[0], &ex_dates[0], &amounts[0])
    cdef Rows rows = Rows(price.shape[0], is_call.shape[0], &inputs[0], &is_call[0], dividends)
    cdef Work *work
    out[:] = [&price[0], &delta[0], &gamma[0]]
    _read(columns, inputs)
    work = _new_work()
    with nogil:
        cash_rows(&rows, out, work)
    free(work)
