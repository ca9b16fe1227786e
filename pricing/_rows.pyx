# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""The compiled loops over single contracts, and the short cuts to them.

What may cross the border to a `Loop` is what `_kernel.pyx` says. A short cut stands before a public function, as its
decorator: numbers, and columns that need no conversion, go to the loop at once. Everything else goes on to the function
itself, which alone decides what is accepted, and how the rest is refused. Either way leads to the same bits.
"""

from functools import update_wrapper

import numpy as np

cimport cython
from cpython.buffer cimport PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM

cdef extern from "rows.h" nogil:
    ctypedef struct Input:
        const double *values
        Py_ssize_t length
    ctypedef struct Flags:
        const unsigned char *values
        Py_ssize_t length
    enum:
        STRIDE
    ctypedef void RowFunction(Py_ssize_t, const Input *, Flags, double *const *) noexcept nogil
    void gamma_rows(Py_ssize_t, const Input *, Flags, double *const *)
    void price_rows(Py_ssize_t, const Input *, Flags, double *const *)
    void greeks_rows(Py_ssize_t, const Input *, Flags, double *const *)
    void higher_rows(Py_ssize_t, const Input *, Flags, double *const *)
    void finite_move_rows(Py_ssize_t, const Input *, Flags, double *const *)
    void implied_vol_rows(Py_ssize_t, const Input *, Flags, double *, signed char *)

cdef enum:
    MOST_INPUTS = 9
    MOST_OUTPUTS = 7

cdef object ndarray = np.ndarray, float64 = np.float64, empty = np.empty
cdef object FLOATS = np.dtype(np.float64), BOOLS = np.dtype(np.bool_)
cdef object ONE_YEAR = 1.0


cdef int _read(list columns, Input *inputs) except -1:
    """Point `inputs` at the columns, which the list keeps alive."""
    cdef const double[::1] values
    cdef Py_ssize_t k
    for k in range(len(columns)):
        values = columns[k]
        inputs[k] = Input(&values[0], values.shape[0])
    return 0


@cython.final
@cython.auto_pickle(False)
cdef class Loop:
    """A loop over rows: `inputs` columns in, `outputs` out."""

    cdef RowFunction *rows
    cdef int inputs, outputs

    def __call__(self, list columns, const unsigned char[::1] is_call, list outputs):
        """Write figures to outputs of one length, which is that of the columns and of `is_call`, if it is not one."""
        cdef Input[MOST_INPUTS] inputs
        cdef double *out[MOST_OUTPUTS]
        cdef double[::1] values
        cdef Py_ssize_t k
        _read(columns, inputs)
        for k in range(self.outputs):
            values = outputs[k]
            out[k] = &values[0]
        with nogil:
            self.rows(values.shape[0], inputs, Flags(&is_call[0], is_call.shape[0]), out)


cdef Loop _loop(RowFunction *rows, int inputs, int outputs):
    cdef Loop loop = Loop()
    loop.rows, loop.inputs, loop.outputs = rows, inputs, outputs
    return loop


# The columns of all: spot, strike, years, sigma, rate, dividend; and move, atanh(move), ln(1 - move^2) / 2.
GAMMA = _loop(gamma_rows, 6, 1)
PRICE = _loop(price_rows, 6, 1)
GREEKS = _loop(greeks_rows, 6, 7)
HIGHER_GREEKS = _loop(higher_rows, 6, 4)
FINITE_MOVE_GAMMA = _loop(finite_move_rows, 9, 1)


def implied_vol(list columns, const unsigned char[::1] is_call, list outputs):
    """Columns: price, forward, strike, discount, years. Outputs: volatility, and its status as signed bytes."""
    cdef Input[MOST_INPUTS] inputs
    cdef double[::1] sigma = outputs[0]
    cdef signed char[::1] status = outputs[1]
    _read(columns, inputs)
    with nogil:
        implied_vol_rows(sigma.shape[0], inputs, Flags(&is_call[0], is_call.shape[0]), &sigma[0], &status[0])


cdef struct Call:
    Py_ssize_t rows              # of the columns; 0 where all arguments are numbers
    double numbers[MOST_INPUTS]  # the arguments that are
    Input inputs[MOST_INPUTS]
    unsigned char flag           # is_call, where it is one
    Flags is_call
    double *out[MOST_OUTPUTS]


cdef inline bint _is_number(object value, double *number) except -1:
    """Read a float, or an int that NumPy has a type for too."""
    cdef int overflow = 0
    if type(value) is float or type(value) is float64:
        number[0] = PyFloat_AS_DOUBLE(value)
        return True
    if type(value) is not int:
        return False
    number[0] = <double> PyLong_AsLongLongAndOverflow(value, &overflow)
    return overflow == 0


cdef bint _is_column(object value, object dtype, bint writeable, void **data, Py_ssize_t *rows) except -1:
    """Point `data` at a column of this type, with `rows` rows where that is not 0; the caller keeps it alive."""
    cdef Py_buffer view
    if type(value) is not ndarray or value.dtype is not dtype:
        return False
    PyObject_GetBuffer(value, &view, PyBUF_STRIDES)
    cdef bint ready = (
        view.ndim == 1 and view.shape[0] > 0 and rows[0] in (0, view.shape[0]) and view.strides[0] == view.itemsize
        and <size_t> view.buf % view.itemsize == 0 and not (writeable and view.readonly)
    )
    if ready:
        data[0], rows[0] = view.buf, view.shape[0]
    PyBuffer_Release(&view)
    return ready


cdef bint _is_ready(Call *call, int inputs, PyObject **arguments, object is_call) except -1:
    """Read the arguments, if none needs a conversion."""
    cdef int k
    call.rows = 0
    for k in range(inputs):
        if _is_number(<object> arguments[k], &call.numbers[k]):
            call.inputs[k] = Input(&call.numbers[k], 1)
        elif _is_column(<object> arguments[k], FLOATS, False, <void **> &call.inputs[k].values, &call.rows):
            call.inputs[k].length = call.rows
        else:
            return False
    if is_call is True or is_call is False:
        call.flag = is_call is True
        call.is_call = Flags(&call.flag, 1)
        return True
    cdef bint ready = _is_column(is_call, BOOLS, False, <void **> &call.is_call.values, &call.rows)
    call.is_call.length = call.rows
    return ready


cdef inline bint _overlap(const void *a, Py_ssize_t bytes_a, const void *b, Py_ssize_t bytes_b) noexcept:
    return <const char *> a < <const char *> b + bytes_b and <const char *> b < <const char *> a + bytes_a


cdef bint _takes(Call *call, int inputs, int k, object output) except -1:
    """Tell whether the figures may be written to `output`, the k-th, and where."""
    cdef Py_ssize_t size = call.rows * sizeof(double)
    cdef int other
    if not _is_column(output, FLOATS, True, <void **> &call.out[k], &call.rows):
        return False
    for other in range(inputs):
        if _overlap(call.out[k], size, call.inputs[other].values, call.inputs[other].length * sizeof(double)):
            return False
    for other in range(k):
        if _overlap(call.out[k], size, call.out[other], size):
            return False
    return not _overlap(call.out[k], size, call.is_call.values, call.is_call.length)


cdef object _new(type result, tuple values):
    """Return what `result._make` does, by the slot of tuple that it ends up in."""
    cdef tuple arguments = (values,)
    return (<PyTypeObject *> tuple).tp_new(result, <PyObject *> arguments, NULL)


cdef object _of_numbers(Loop loop, Call *call, result):
    cdef double[MOST_OUTPUTS][STRIDE] figures  # whole strides take the shortest way through the loop
    cdef int k
    for k in range(loop.outputs):
        call.out[k] = &figures[k][0]
    loop.rows(STRIDE, call.inputs, call.is_call, call.out)
    if result is None:
        return figures[0][0]
    values = PyTuple_New(loop.outputs)
    for k in range(loop.outputs):
        figure = <object> figures[k][0]
        Py_INCREF(figure)  # the tuple takes one
        PyTuple_SET_ITEM(values, k, figure)
    return _new(result, values)


cdef object _of_columns(Loop loop, Call *call, out, result):
    cdef int k
    if out is None:
        out = (empty(call.rows),) if result is None else tuple(empty((loop.outputs, call.rows)))
    elif result is None:
        out = (out,)
    elif not isinstance(out, (list, tuple)) or len(out) != loop.outputs:
        return None
    else:
        out = tuple(out)  # whatever becomes of a list meanwhile
    for k in range(loop.outputs):
        if not _takes(call, loop.inputs, k, out[k]):
            return None
    with nogil:
        loop.rows(call.rows, call.inputs, call.is_call, call.out)
    return out[0] if result is None else _new(result, out)


cdef object _attempt(Loop loop, PyObject **arguments, object is_call, object out, object threads, object result):
    """Return the figures, one or a tuple of type `result`; None where this takes the function itself."""
    cdef Call call
    if type(threads) is not int or threads != 1 or not _is_ready(&call, loop.inputs, arguments, is_call):
        return None
    if call.rows:
        return _of_columns(loop, &call, out, result)
    return _of_numbers(loop, &call, result) if out is None else None


def quick_gamma(general):
    """Put the short cut before `gamma`."""
    def gamma(spot, strike, years, sigma, rate=0.0, dividend=0.0, *, out=None, threads=1):
        cdef PyObject *arguments[6]
        arguments[:] = [<PyObject *> spot, <PyObject *> strike, <PyObject *> years, <PyObject *> sigma,
                        <PyObject *> rate, <PyObject *> dividend]
        figure = _attempt(GAMMA, arguments, True, out, threads, None)
        if figure is None:
            return general(spot, strike, years, sigma, rate, dividend, out=out, threads=threads)
        return figure
    return update_wrapper(gamma, general)


def quick(Loop loop, result=None):
    """Put the short cut to `loop` before a function of contracts and sides; it returns a `result` if that is given."""
    def decorate(general):
        def function(spot, strike, years, sigma, rate=0.0, dividend=0.0, is_call=True, *, out=None, threads=1):
            cdef PyObject *arguments[6]
            arguments[:] = [<PyObject *> spot, <PyObject *> strike, <PyObject *> years, <PyObject *> sigma,
                            <PyObject *> rate, <PyObject *> dividend]
            figures = _attempt(loop, arguments, is_call, out, threads, result)
            if figures is None:
                return general(spot, strike, years, sigma, rate, dividend, is_call, out=out, threads=threads)
            return figures
        return update_wrapper(function, general)
    return decorate


cdef object _volatility(PyObject **arguments, object is_call, object threads, tuple statuses):
    """Return the volatility and its status, if the arguments are numbers."""
    cdef Call call
    cdef double sigma
    cdef signed char status
    if type(threads) is not int or threads != 1 or not _is_ready(&call, 5, arguments, is_call) or call.rows:
        return None
    implied_vol_rows(1, call.inputs, call.is_call, &sigma, &status)
    return sigma, statuses[status]


def quick_implied_total_volatility(tuple statuses):
    """Put the short cut for numbers before `implied_total_volatility`."""
    def decorate(general):
        def implied_total_volatility(price, forward, strike, discount=1.0, is_call=True, *, threads=1):
            cdef PyObject *arguments[5]
            arguments[:] = [<PyObject *> price, <PyObject *> forward, <PyObject *> strike, <PyObject *> discount,
                            <PyObject *> ONE_YEAR]
            found = _volatility(arguments, is_call, threads, statuses)
            if found is None:
                return general(price, forward, strike, discount, is_call, threads=threads)
            return found
        return update_wrapper(implied_total_volatility, general)
    return decorate


def quick_implied_vol(tuple statuses):
    """Put the short cut for numbers before `implied_vol`."""
    def decorate(general):
        def implied_vol(price, forward, strike, years, discount=1.0, is_call=True, *, threads=1):
            cdef PyObject *arguments[5]
            arguments[:] = [<PyObject *> price, <PyObject *> forward, <PyObject *> strike, <PyObject *> discount,
                            <PyObject *> years]
            found = _volatility(arguments, is_call, threads, statuses)
            if found is None:
                return general(price, forward, strike, years, discount, is_call, threads=threads)
            return found
        return update_wrapper(implied_vol, general)
    return decorate
