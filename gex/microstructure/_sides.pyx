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

cimport cython
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


cdef struct Slot:
    uint64_t first
    uint64_t second
    uint64_t filled


cdef inline Slot *_slot(Slot *slots, uint64_t mask, uint64_t first, uint64_t second) noexcept nogil:
    """Return where a key is, or the empty place it belongs."""
    cdef uint64_t mixed = (first ^ (second * 0x9E3779B97F4A7C15ULL)) * 0xBF58476D1CE4E5B9ULL
    cdef uint64_t at = (mixed ^ (mixed >> 32)) & mask
    while slots[at].filled and (slots[at].first != first or slots[at].second != second):
        at = (at + 1) & mask
    return &slots[at]


@cython.auto_pickle(False)
@cython.final
cdef class Numbers:
    """Keys of two words, numbered from 0 as they first come: a table of open addresses that doubles when half full.

    A slot is the key and one more than its number, 0 where it is empty.
    """

    cdef readonly Py_ssize_t count
    cdef object held

    def __cinit__(self):
        self.count = 0
        self.held = np.zeros((64, 3), np.uint64)

    def of(self, const uint64_t[::1] first, const uint64_t[::1] second):
        """Return the number of each key, int32; new keys get the next ones."""
        out = np.empty(first.shape[0], np.int32)
        cdef int32_t[::1] number = out
        cdef uint64_t[:, ::1] table = self.held
        cdef Py_ssize_t i = 0, n = first.shape[0], count = self.count
        cdef Slot *slot
        while i < n:
            if 2 * count >= table.shape[0]:
                self.held = table = _doubled(table)
            with nogil:
                while i < n and 2 * count < table.shape[0]:
                    slot = _slot(<Slot *>&table[0, 0], table.shape[0] - 1, first[i], second[i])
                    if not slot.filled:
                        count += 1
                        slot[0] = Slot(first[i], second[i], count)
                    number[i] = <int32_t>(slot.filled - 1)
                    i += 1
        self.count = count
        return out


cdef _doubled(const uint64_t[:, ::1] table):
    """Return the table with twice the places."""
    held = np.zeros((2 * table.shape[0], 3), np.uint64)
    cdef uint64_t[:, ::1] places = held
    cdef const Slot *old = <const Slot *>&table[0, 0]
    cdef Py_ssize_t i
    for i in range(table.shape[0]):
        if old[i].filled:
            _slot(<Slot *>&places[0, 0], places.shape[0] - 1, old[i].first, old[i].second)[0] = old[i]
    return held


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


def leads(const double[::1] price, const int32_t[::1] number, double[::1] coming, double[::1] after, double[::1] out):
    """Write each trade's next different price of its number, from the last trade backwards."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(price.shape[0] - 1, -1, -1):
            out[i] = NAN if number[i] < 0 else _different(price[i], &coming[number[i]], &after[number[i]])


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


cdef inline Quote _quote_at(const double *const *columns, Py_ssize_t i) noexcept nogil:
    """Return a trade's quote; what is not finite, and an ask of nothing, is none."""
    cdef Quote q = Quote(columns[0][i], columns[1][i], columns[2][i], columns[3][i])
    if not isfinite(q.bid):
        q.bid = NAN
    if not (isfinite(q.ask) and q.ask > 0.0):
        q.ask = NAN
    return q


cdef int _point(list columns, const double **starts) except -1:
    """Point at the columns, which the list keeps alive; without trades nothing is read."""
    cdef const double[::1] values
    cdef Py_ssize_t k
    for k in range(len(columns)):
        values = columns[k]
        starts[k] = &values[0] if values.shape[0] else NULL
    return 0


def tell(const double[::1] price, const double[::1] size, list quotes, list others, const uint8_t[::1] flags,
         const int32_t[:, ::1] rules, const double[:, ::1] probabilities, double tolerance, int8_t[::1] side,
         int8_t[::1] rule, double[::1] probability):
    """Ask each trade's rules in turn, until one tells.

    `quotes` are bid, ask, bid size and ask size of its own exchange, then of all; `others` up to four columns of last
    or next different prices. A rule is its kind, 0 for the exchange's quote or 1 for the best, and its column of
    `others`. `probabilities` has a row a rule and a column a situation.
    """
    cdef Py_ssize_t i, k, count = rules.shape[0]
    cdef const double *quoted[8]
    cdef const double *other[4]
    cdef Quote[2] pair
    cdef const Rule *asked
    cdef int told
    _point(quotes, quoted)
    _point(others, other)
    with nogil:
        for i in range(price.shape[0]):
            pair[0] = _quote_at(&quoted[0], i)
            pair[1] = _quote_at(&quoted[4], i)
            side[i], rule[i], probability[i] = 0, -1, 0.5
            for k in range(count):
                asked = <const Rule *>&rules[k, 0]
                told = _told(asked, price[i], size[i], &pair[asked.quotes],
                             other[asked.other][i] if asked.other >= 0 else NAN, tolerance)
                if told:
                    side[i], rule[i] = <int8_t>told, <int8_t>k
                    probability[i] = probabilities[k, _situation(price[i], size[i], &pair[0], &pair[1], flags[i])]
                    break


def situations(const double[::1] price, const double[::1] size, list quotes, const uint8_t[::1] flags, int8_t[::1] out):
    """Write the number in SITUATIONS of each trade."""
    cdef Py_ssize_t i
    cdef const double *quoted[8]
    cdef Quote own, national
    _point(quotes, quoted)
    with nogil:
        for i in range(price.shape[0]):
            own = _quote_at(&quoted[0], i)
            national = _quote_at(&quoted[4], i)
            out[i] = <int8_t>_situation(price[i], size[i], &own, &national, flags[i])
