# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, autotestdict=False
"""Lines with a tail of groups made flat, in one pass over their bytes; `ragged.Tail` says what a tail is."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memchr, memcpy, memset


def flat(bytes data not None, int cells, int own, int group):
    """Return the lines with the group of their own exchange alone; None where one is not as it says.

    Args:
        data: Whole lines, without quotes.
        cells: Before the groups, more than twice as many as a group has; the last is the number of groups.
        own: Place of the number of the exchange whose group is wanted, from 0.
        group: Cells in a group, the first the number of its exchange.

    """
    cdef Py_ssize_t size = len(data)
    cdef const char* text = PyBytes_AS_STRING(data)
    cdef const char* end = text + size
    cdef const char* line = text
    cdef const char* feed
    cdef const char* stop
    cdef bytes made
    cdef char* out
    cdef char* begin
    if size == 0 or text[size - 1] != b"\n" or cells <= 2 * group or not 0 <= own < cells - 1:
        return None
    # A line grows by a group's commas at most, and has more commas than that twice over.
    made = PyBytes_FromStringAndSize(NULL, size + size // 2)
    begin = out = PyBytes_AS_STRING(made)
    while line < end:
        feed = <const char*>memchr(line, b"\n", end - line)
        stop = feed - 1 if feed > line and (feed - 1)[0] == b"\r" else feed
        out = _line(line, stop, out, cells, own, group)
        if out == NULL:
            return None
        line = feed + 1
    return made[: out - begin]


cdef char* _line(const char* line, const char* stop, char* out, int cells, int own, int group) noexcept nogil:
    """Write a flat line, and return where the next one goes; NULL where the line is not as it says."""
    cdef const char* place = line
    cdef const char* cell = line
    cdef const char* head
    cdef const char* begin
    cdef const char* found = NULL
    cdef const char* found_end = NULL
    cdef int mine = -1
    cdef int groups, number, each, one
    for each in range(cells):
        cell = place if each == 0 else place + 1
        place = _end(cell, stop)
        if place == stop and each < cells - 1:
            return NULL
        if each == own:
            mine = _number(cell, place)
    head = place
    groups = _number(cell, place)
    if groups < 0:
        return NULL
    for each in range(groups):
        if place == stop:
            return NULL
        cell = place + 1
        place = _end(cell, stop)
        number = _number(cell, place)
        begin = place + 1
        for one in range(group - 1):
            if place == stop:
                return NULL
            place = _end(place + 1, stop)
        if number >= 0 and number == mine and found == NULL:
            found, found_end = begin, place
    # A comma at the end of the line is one cell too many, and means nothing.
    if place != stop and place + 1 != stop:
        return NULL
    memcpy(out, line, head - line)
    out += head - line
    out[0] = b","
    if found == NULL:
        memset(out, b",", group - 1)
        out += group - 1
    else:
        memcpy(out + 1, found, found_end - found)
        out += 1 + (found_end - found)
    out[0] = b"\n"
    return out + 1


cdef inline const char* _end(const char* cell, const char* stop) noexcept nogil:
    """Return where a cell ends."""
    while cell < stop and cell[0] != b",":
        cell += 1
    return cell


cdef inline int _number(const char* cell, const char* end) noexcept nogil:
    """Return the whole number in a cell of up to three digits; -1 for anything else."""
    cdef int value = 0
    if not 1 <= end - cell <= 3:
        return -1
    while cell < end:
        if not b"0" <= cell[0] <= b"9":
            return -1
        value = 10 * value + (cell[0] - 48)
        cell += 1
    return value
