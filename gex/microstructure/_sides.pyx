# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False, cdivision=True
"""The compiled loops that tell the sides of trades: numbering contracts, last and next prices, and the rules.

a) `Numbers` numbers keys in the order in which they first come, so that a contract keeps its number from batch to batch.
b) `lags` and `leads` walk the trades once, forwards and backwards, with the last two different prices of each number.
c) `tell` asks the rules of a stack in turn, trade by trade. Scalar functions below it know one rule each.

A price on a cent grid is rarely a binary fraction, and where it ties on paper, with the middle of a quote or with an
edge of its outer parts, rounding decides: of trades at the middle a quarter would get a side by chance. `tolerance`
makes ties of them. With none, what is compared is float64 as it stands, in the published order of operations and never
in fused multiplications, which is how the tables of the literature were made.
"""

from libc.math cimport NAN, fabs, isfinite
from libc.stdint cimport int8_t, int32_t, uint8_t, uint64_t

import numpy as np

QUOTE, TICK, LEE_READY, EMO, CLNV, DEPTH, TRADE_SIZE = range(7)
cdef enum Kind:
    quote_kind, tick_kind, lee_ready_kind, emo_kind, clnv_kind, depth_kind, trade_size_kind

LATE, COMPLEX = 1, 2
cdef enum Flag:
    late_flag = 1
    complex_flag = 2

SITUATIONS = (
    "at_quote", "at_quote_sized", "inside", "inside_sized", "mid", "mid_sized", "outside", "outside_sized",
    "locked", "locked_sized", "crossed", "crossed_sized", "no_quote", "no_quote_sized", "late", "complex",
)
cdef enum Place:
    at_quote = 0
    inside = 2
    mid = 4
    outside = 6
    locked = 8
    crossed = 10
    no_quote = 12
    late_place = 14
    complex_place = 15

cdef double NEAR = 1e-4
"""Prices this close are one price: a hundredth of a cent."""

cdef struct Quote:
    double bid
    double ask
    double bid_size
    double ask_size

cdef struct Rule:
    int32_t kind
    int32_t quotes
    int32_t other


cdef class Numbers:
    """Keys of two words, numbered from 0 as they first come: a table of open addresses that doubles when half full."""

    cdef readonly Py_ssize_t count
    cdef object held_keys, held_numbers
    cdef uint64_t[:, ::1] keys
    cdef int32_t[::1] numbers

    def __init__(self):
        self.count = 0
        self._reserve(64)

    def of(self, const uint64_t[::1] first, const uint64_t[::1] second):
        """Return the number of each key, int32; new keys get the next ones."""
        out = np.empty(first.shape[0], np.int32)
        cdef int32_t[::1] number = out
        cdef Py_ssize_t i = 0, n = first.shape[0]
        while i < n:
            if 2 * self.count >= self.numbers.shape[0]:
                self._grow()
            with nogil:
                while i < n and 2 * self.count < self.numbers.shape[0]:
                    number[i] = self._number(first[i], second[i])
                    i += 1
        return out

    cdef _reserve(self, Py_ssize_t size):
        self.held_keys = np.empty((size, 2), np.uint64)
        self.held_numbers = np.full(size, -1, np.int32)
        self.keys = self.held_keys
        self.numbers = self.held_numbers

    cdef _grow(self):
        cdef uint64_t[:, ::1] keys = self.keys
        cdef int32_t[::1] numbers = self.numbers
        cdef Py_ssize_t i, slot
        self._reserve(2 * numbers.shape[0])
        for i in range(numbers.shape[0]):
            if numbers[i] >= 0:
                slot = self._slot(keys[i, 0], keys[i, 1])
                self.keys[slot, 0] = keys[i, 0]
                self.keys[slot, 1] = keys[i, 1]
                self.numbers[slot] = numbers[i]

    cdef Py_ssize_t _slot(self, uint64_t first, uint64_t second) noexcept nogil:
        """Return where a key is, or the empty place it belongs."""
        cdef uint64_t mixed = (first ^ (second * 0x9E3779B97F4A7C15ULL)) * 0xBF58476D1CE4E5B9ULL
        cdef Py_ssize_t mask = self.numbers.shape[0] - 1
        cdef Py_ssize_t slot = <Py_ssize_t>((mixed ^ (mixed >> 32)) & <uint64_t>mask)
        while self.numbers[slot] >= 0 and (self.keys[slot, 0] != first or self.keys[slot, 1] != second):
            slot = (slot + 1) & mask
        return slot

    cdef int32_t _number(self, uint64_t first, uint64_t second) noexcept nogil:
        cdef Py_ssize_t slot = self._slot(first, second)
        if self.numbers[slot] < 0:
            self.keys[slot, 0] = first
            self.keys[slot, 1] = second
            self.numbers[slot] = <int32_t>self.count
            self.count += 1
        return self.numbers[slot]


cdef inline double _different(double price, double *last, double *before) noexcept nogil:
    """Return the nearest price that differs, NaN if none, and remember this one; a price of NaN is no price."""
    if not isfinite(price):
        return NAN
    if price != last[0]:
        before[0] = last[0]
        last[0] = price
    return before[0]


def lags(const double[::1] price, const int32_t[::1] number, double[::1] last, double[::1] before, double[::1] out):
    """Write each trade's last different price of its number (below 0: none known), and carry the two latest ones on."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(price.shape[0]):
            out[i] = NAN if number[i] < 0 else _different(price[i], &last[number[i]], &before[number[i]])


def leads(const double[::1] price, const int32_t[::1] number, double[::1] next, double[::1] after, double[::1] out):
    """Write each trade's next different price of its number, from the last trade backwards."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(price.shape[0] - 1, -1, -1):
            out[i] = NAN if number[i] < 0 else _different(price[i], &next[number[i]], &after[number[i]])


cdef inline bint _near(double a, double b) noexcept nogil:
    return fabs(a - b) <= NEAR


cdef inline double _mid(const Quote *q) noexcept nogil:
    return 0.5 * (q.ask + q.bid) if q.ask >= q.bid else NAN


cdef inline int _sign(double price, double other) noexcept nogil:
    """Return +1 above, -1 below, 0 where equal or where either is unknown."""
    return <int>(price > other) - <int>(price < other)


cdef inline int _quote(double price, const Quote *q, double tolerance) noexcept nogil:
    cdef double above = price - _mid(q)
    return <int>(above > tolerance) - <int>(above < -tolerance)


cdef inline bint _at_one_quote(double price, const Quote *q) noexcept nogil:
    return _near(price, q.ask) != _near(price, q.bid)


cdef inline bint _in_one_outer_part(double price, const Quote *q, double tolerance) noexcept nogil:
    """Return whether the price is in the upper or the lower three tenths of the spread, their edges included."""
    cdef double high = price + tolerance, low = price - tolerance
    cdef bint upper = 0.7 * q.ask + 0.3 * q.bid <= high and low <= q.ask
    cdef bint lower = q.bid <= high and low <= 0.3 * q.ask + 0.7 * q.bid
    return upper != lower


cdef inline int _depth(double price, const Quote *q) noexcept nogil:
    return _sign(q.ask_size, q.bid_size) if _near(price, _mid(q)) else 0


cdef inline int _trade_size(double size, const Quote *q) noexcept nogil:
    """Return +1 where the size is that of the bid alone: a customer's limit order there, filled by a maker who sold."""
    return <int>(size == q.bid_size) - <int>(size == q.ask_size)


cdef inline int _told(const Rule *rule, double price, double size, const Quote *q, double other,
                      double tolerance) noexcept nogil:
    cdef int side
    if rule.kind == quote_kind:
        return _quote(price, q, tolerance)
    if rule.kind == tick_kind:
        return _sign(price, other)
    if rule.kind == lee_ready_kind:
        side = _quote(price, q, tolerance)
        return side if side else _sign(price, other)
    if rule.kind == emo_kind:
        return _quote(price, q, tolerance) if _at_one_quote(price, q) else _sign(price, other)
    if rule.kind == clnv_kind:
        return _quote(price, q, tolerance) if _in_one_outer_part(price, q, tolerance) else _sign(price, other)
    return _depth(price, q) if rule.kind == depth_kind else _trade_size(size, q)


cdef inline int _place(double price, const Quote *q) noexcept nogil:
    """Return where the price is in a quote."""
    if not (isfinite(q.bid) and isfinite(q.ask)):
        return no_quote
    if q.bid >= q.ask:
        return locked if q.bid == q.ask else crossed
    if _near(price, q.bid) or _near(price, q.ask):
        return at_quote
    if _near(price, _mid(q)):
        return mid
    return outside if price < q.bid or price > q.ask else inside


cdef inline int _situation(double price, double size, const Quote *own, const Quote *national, int flags) noexcept nogil:
    """Return the trade's situation: in the national quote, or in that of its own exchange where there is no other."""
    cdef const Quote *sizes = own if isfinite(own.bid_size) or isfinite(own.ask_size) else national
    cdef int place
    if flags:
        return complex_place if flags & complex_flag else late_place
    place = _place(price, national)
    if place == no_quote:
        place = _place(price, own)
    return place + (1 if _trade_size(size, sizes) else 0)


cdef inline Quote _read(const double[:, ::1] quotes, Py_ssize_t i) noexcept nogil:
    """Return a trade's quote; what is not finite, and an ask of nothing, is none."""
    cdef Quote q = Quote(quotes[0, i], quotes[1, i], quotes[2, i], quotes[3, i])
    if not isfinite(q.bid):
        q.bid = NAN
    if not (isfinite(q.ask) and q.ask > 0.0):
        q.ask = NAN
    return q


def tell(const double[::1] price, const double[::1] size, const double[:, ::1] own, const double[:, ::1] national,
         const double[:, ::1] others, const uint8_t[::1] flags, const int32_t[:, ::1] rules,
         const double[:, ::1] probabilities, double tolerance, int8_t[::1] side, int8_t[::1] rule, double[::1] probability):
    """Ask each trade's rules in turn, until one tells.

    `own` and `national` are bid, ask, bid size, ask size; `others` the last or next different prices that the rules
    use. A rule is its kind, 0 for `own` or 1 for `national`, and its row of `others`. `probabilities` has a row a rule
    and a column a situation.
    """
    cdef Py_ssize_t i, k, count = rules.shape[0]
    cdef Quote[2] quotes
    cdef const Rule *asked
    cdef int told
    with nogil:
        for i in range(price.shape[0]):
            quotes[0] = _read(own, i)
            quotes[1] = _read(national, i)
            side[i], rule[i], probability[i] = 0, -1, 0.5
            for k in range(count):
                asked = <const Rule *>&rules[k, 0]
                told = _told(asked, price[i], size[i], &quotes[asked.quotes], others[asked.other, i], tolerance)
                if told:
                    side[i], rule[i] = <int8_t>told, <int8_t>k
                    probability[i] = probabilities[
                        k, _situation(price[i], size[i], &quotes[0], &quotes[1], flags[i])
                    ]
                    break


def situations(const double[::1] price, const double[::1] size, const double[:, ::1] own,
               const double[:, ::1] national, const uint8_t[::1] flags, int8_t[::1] out):
    """Write the number in SITUATIONS of each trade."""
    cdef Py_ssize_t i
    cdef Quote mine, best
    with nogil:
        for i in range(price.shape[0]):
            mine = _read(own, i)
            best = _read(national, i)
            out[i] = <int8_t>_situation(price[i], size[i], &mine, &best, flags[i])
