/* One contract, columns of contracts, and which of them may be priced. */
#ifndef GEX_CONTRACT_H
#define GEX_CONTRACT_H

#include "elementary.h"

/* Rows per call of a loop: small enough that everything it touches stays in the first-level cache. */
enum { BLOCK = 256 };

/* Loops run over a whole number of strides, so that no row is left for a scalar remainder, where the compiler may
 * round in another order: a row's figures are the same bits wherever it stands, alone or in a million. */
enum { STRIDE = 8 };

typedef struct {
    double spot, strike, years, sigma, rate, dividend;
} Contract;

typedef struct {
    const double *spot, *strike, *years, *sigma, *rate, *dividend;
} ContractColumns;

/* An input array: one value per row, or one value for all rows. */
typedef struct {
    const double *values;
    Py_ssize_t length;
} Input;

/* Which rows are calls: one flag per row, or one for all rows. */
typedef struct {
    const unsigned char *values;
    Py_ssize_t length;
} Flags;

/* Up to BLOCK rows of an input on the stack. */
typedef struct {
    ALIGNED double rows[BLOCK];
} Copy;

/* Rows of this block, and of the loop that does it. */
INLINE Py_ssize_t block_length(Py_ssize_t n, Py_ssize_t start) { return n - start < BLOCK ? n - start : BLOCK; }
INLINE Py_ssize_t loop_length(Py_ssize_t rows) { return (rows + STRIDE - 1) & ~(Py_ssize_t)(STRIDE - 1); }

/* The rows of an input from `start` on, as a contiguous column of a whole number of strides. A single value is
 * repeated, once, so that the caller need not build a column of it; a last, odd block is copied and padded. */
INLINE const double *column(Input in, Py_ssize_t n, Py_ssize_t start, Copy *copy) {
    Py_ssize_t rows = block_length(n, start), padded = loop_length(rows);
    if (in.length == 1) {
        if (start == 0)
            for (Py_ssize_t i = 0; i < padded; i++) copy->rows[i] = in.values[0];
        return copy->rows;
    }
    if (rows == padded) return in.values + start;
    for (Py_ssize_t i = 0; i < padded; i++) copy->rows[i] = in.values[start + (i < rows ? i : rows - 1)];
    return copy->rows;
}

INLINE ContractColumns contract_columns(const Input in[6], Py_ssize_t n, Py_ssize_t start, Copy copies[6]) {
    ContractColumns columns = {
        column(in[0], n, start, &copies[0]), column(in[1], n, start, &copies[1]),
        column(in[2], n, start, &copies[2]), column(in[3], n, start, &copies[3]),
        column(in[4], n, start, &copies[4]), column(in[5], n, start, &copies[5]),
    };
    return columns;
}

INLINE Contract contract_at(ContractColumns columns, Py_ssize_t i) {
    Contract c = {columns.spot[i],  columns.strike[i], columns.years[i],
                  columns.sigma[i], columns.rate[i],   columns.dividend[i]};
    return c;
}

/* Finite inputs, positive where they must be: sigma and years are where sigma sqrt(t) is. The bounds also keep every
 * intermediate result a normal number: prices within 1e+-150, |rate t| below 690. Any NaN fails a comparison. */
INLINE int are_moderate(double years, double rate, double dividend) {
    return (fabs(rate * years) < 690.0) & (fabs(dividend * years) < 690.0);
}

INLINE int are_priceable(double spot, double strike, double total_volatility) {
    return (spot > 1e-150) & (spot < 1e150) & (strike > 1e-150) & (strike < 1e150) & (total_volatility > 1e-150) &
           (total_volatility < 1e150);
}

INLINE int is_valid(Contract c, double total_volatility) {
    return are_priceable(c.spot, c.strike, total_volatility) & are_moderate(c.years, c.rate, c.dividend);
}

#endif
