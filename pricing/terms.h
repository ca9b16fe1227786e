/* What contracts need of their expiration alone: a root and two exponentials. Rows of one expiration that follow one
 * another, as in a chain sorted by it, share them. */
#ifndef GEX_TERMS_H
#define GEX_TERMS_H

#include "contract.h"

typedef struct {
    double years, rate, dividend;
} Expiration;

INLINE Expiration expiration_at(const ContractColumns *columns, Py_ssize_t i) {
    Expiration e = {columns->years[i], columns->rate[i], columns->dividend[i]};
    return e;
}

/* sqrt(t), or NaN where no figure may be given; exp(-q t); exp(-r t). */
typedef struct {
    double root_t, carry, discount;
} Terms;

INLINE Terms terms_of(Expiration e) {
    Terms t = {are_moderate(e.years, e.rate, e.dividend) ? sqrt(e.years) : NAN, fast_exp(-e.dividend * e.years),
               fast_exp(-e.rate * e.years)};
    return t;
}

/* The terms of a block, and how many rows, from the first on, are known to share those of one expiration. */
typedef struct {
    ALIGNED double root_t[BLOCK], carry[BLOCK], discount[BLOCK];
    Expiration shared;
    Py_ssize_t alike;
} TermColumns;

INLINE Terms terms_at(const TermColumns *columns, Py_ssize_t i) {
    Terms t = {columns->root_t[i], columns->carry[i], columns->discount[i]};
    return t;
}

INLINE void put_terms(Terms t, TermColumns *columns, Py_ssize_t i) {
    columns->root_t[i] = t.root_t;
    columns->carry[i] = t.carry;
    columns->discount[i] = t.discount;
}

MULTIVERSION void terms_block(Py_ssize_t n, const ContractColumns *in, TermColumns *out) {
    INDEPENDENT
    for (Py_ssize_t i = 0; i < n; i++) put_terms(terms_of(expiration_at(in, i)), out, i);
}

/* Rows are compared GROUP at a time. Where there are more runs than these, or runs shorter than a stride beyond the
 * first few, there is little to share. */
enum { GROUP = 32, MAX_RUNS = BLOCK / STRIDE, FEW_RUNS = 4 };

/* Zero where two expirations are the same to the bit. */
INLINE uint64_t difference(Expiration a, Expiration b) {
    return (bits_of(a.years) ^ bits_of(b.years)) | (bits_of(a.rate) ^ bits_of(b.rate)) |
           (bits_of(a.dividend) ^ bits_of(b.dividend));
}

INLINE int is_group_of(Expiration e, const ContractColumns *in, Py_ssize_t start) {
    uint64_t differ = 0;
    for (int i = 0; i < GROUP; i++) differ |= difference(expiration_at(in, start + i), e);
    return differ == 0;
}

/* Find the first row of every run, and after the last one n. Returns how many there are, 0 where they are too many. */
MULTIVERSION int find_runs(Py_ssize_t n, const ContractColumns *in, int first[MAX_RUNS + 1]) {
    int runs = 0;
    Expiration e = expiration_at(in, 0);
    first[runs++] = 0;
    for (Py_ssize_t i = 0, end; i < n; i = end) {
        end = i + GROUP < n ? i + GROUP : n;
        if (end - i == GROUP && is_group_of(e, in, i)) continue;
        for (; i < end; i++) {
            if (difference(expiration_at(in, i), e) == 0) continue;
            if (runs == MAX_RUNS || runs > FEW_RUNS + i / STRIDE) return 0;
            first[runs++] = (int)i;
            e = expiration_at(in, i);
        }
    }
    first[runs] = (int)n;
    return runs;
}

/* Give every row of a run the terms of that run. */
MULTIVERSION void spread_terms(int runs, const int first[MAX_RUNS + 1], const TermColumns *in, TermColumns *out) {
    for (int run = 0; run < runs; run++) {
        Terms t = terms_at(in, run);
        for (int i = first[run]; i < first[run + 1]; i++) put_terms(t, out, i);
    }
}

/* The terms of n rows, a whole number of strides. One loop computes them, for runs as for rows: the same bits. */
INLINE void find_terms(Py_ssize_t n, const ContractColumns *in, TermColumns *out) {
    int first[MAX_RUNS + 1], runs = n > STRIDE ? find_runs(n, in, first) : 0;
    double years[MAX_RUNS], rate[MAX_RUNS], dividend[MAX_RUNS];
    ContractColumns shared = {NULL, NULL, years, NULL, rate, dividend};
    TermColumns terms;
    if (runs == 1 && n <= out->alike && difference(expiration_at(in, 0), out->shared) == 0) return;
    out->shared = expiration_at(in, 0);
    out->alike = runs == 1 ? n : 0;
    if (runs == 0) {
        terms_block(n, in, out);
        return;
    }
    for (int run = 0; run < loop_length(runs); run++) {
        Expiration e = expiration_at(in, first[run < runs ? run : 0]);
        years[run] = e.years, rate[run] = e.rate, dividend[run] = e.dividend;
    }
    terms_block(loop_length(runs), &shared, &terms);
    spread_terms(runs, first, &terms, out);
}

#endif
