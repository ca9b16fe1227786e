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
    ctypedef struct Solution:
        pass
    ctypedef struct Value:
        double price
        double delta
        double gamma
    void fill_american_tables()
    void fill_cash_tables()
    void cash_rows(const Rows *, double *const *, Work *)
    void cash_implied_rows(const Rows *, double *, signed char *, Work *)
    void cash_solutions(const Rows *, Solution *, Work *)
    Value solution_value(const Solution *, double)
    Py_ssize_t cash_gammas(Py_ssize_t, const Solution *, Input, Py_ssize_t, const double *, double *)


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


def american_implied(list columns, const unsigned char[::1] is_call, const double[::1] ex_dates,
                     const double[::1] amounts, double[::1] sigma, signed char[::1] status):
    """Columns: price, spot, strike, years, rate, dividend. Rows as in `american`."""
    cdef Input[6] inputs
    cdef Dividends dividends = Dividends(ex_dates.shape[0], &ex_dates[0], &amounts[0])
    cdef Rows rows = Rows(sigma.shape[0], is_call.shape[0], &inputs[0], &is_call[0], dividends)
    cdef Work *work
    _read(columns, inputs)
    work = _new_work()
    with nogil:
        cash_implied_rows(&rows, &sigma[0], &status[0], work)
    free(work)


SOLUTION = sizeof(Solution) // sizeof(double)
"""Length of a row that holds one solved contract, in float64."""


def solve(list columns, const unsigned char[::1] is_call, const double[::1] ex_dates, const double[::1] amounts,
          double[:, ::1] book):
    """Columns: strike, years, sigma, rate, dividend. `book` holds zeros, a row of SOLUTION of them for each contract.

    Rows that expire before the first ex-date are left alone, and have no price.
    """
    cdef Input[6] inputs
    cdef Dividends dividends = Dividends(ex_dates.shape[0], &ex_dates[0], &amounts[0])
    cdef Rows rows = Rows(book.shape[0], is_call.shape[0], &inputs[0], &is_call[0], dividends)
    cdef Work *work
    _read([columns[0], *columns], inputs)
    work = _new_work()
    with nogil:
        cash_solutions(&rows, <Solution *>&book[0, 0], work)
    free(work)


def book_values(const double[:, ::1] book, const double[::1] spot, double[::1] price, double[::1] delta,
                double[::1] gamma):
    """Price, delta and gamma of every contract of a book, at one spot for all or one for each."""
    cdef Py_ssize_t i, step = 0 if spot.shape[0] == 1 else 1
    cdef Value value
    with nogil:
        for i in range(book.shape[0]):
            value = solution_value(<const Solution *>&book[i, 0], spot[i * step])
            price[i] = value.price
            delta[i] = value.delta
            gamma[i] = value.gamma


def book_gammas(const double[:, ::1] book, const double[::1] spots, const double[::1] weight, double[::1] out):
    """Add weight * gamma of every contract of a book at ascending spots.

    Returns the first row that cannot be priced, or the number of rows; where there is one, `out` is of no use.
    """
    cdef Input weights = Input(&weight[0], weight.shape[0])
    cdef Py_ssize_t first
    with nogil:
        first = cash_gammas(book.shape[0], <const Solution *>&book[0, 0], weights, spots.shape[0], &spots[0], &out[0])
    return first
