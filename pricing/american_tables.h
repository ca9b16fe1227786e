/* Constant tables of the American engine, filled once when the module is imported.
 *
 * Time runs over [0, 1] in units of the contract's own. A function of time is held at Chebyshev points of zeta = sqrt(t);
 * integrals over the time s since a boundary point t = zeta^2 take s = t sin^2(theta), so that both sqrt(s) and sqrt(t - s)
 * are smooth in theta, and Gauss-Legendre points converge fast at both ends. Where those points fall between the Chebyshev
 * points does not depend on the contract: interpolation is one constant matrix. */
#ifndef GEX_AMERICAN_TABLES_H
#define GEX_AMERICAN_TABLES_H

#include "contract.h"

/* Boundary points; quadrature points of the boundary's equation, of the premium. */
enum { NODES = 8, POINTS = 8, PREMIUM_POINTS = 16 };

#define HALF_PI 1.57079632679489661923

typedef struct {
    double zeta[NODES];                              /* descending from 1; the last point, 0, is known and left out */
    double sine[POINTS], cosine[POINTS], weight[POINTS];
    double by_node[POINTS][NODES][NODES];            /* [point][node j][node i]: weight of j at zeta_i cos(theta) */
    double by_point[POINTS][NODES][NODES];           /* the same as [point][node i][node j] */
    double slope[NODES];                             /* of the interpolant at zeta = 1 */
    double premium_sine[PREMIUM_POINTS], premium_cosine[PREMIUM_POINTS], premium_weight[PREMIUM_POINTS];
    double premium_by_node[NODES][PREMIUM_POINTS];   /* weight of node j at cos(theta) */
} AmericanTables;

static AmericanTables tables;

/* Gauss-Legendre points and weights on [0, pi / 2], ascending, by Newton's method on the Legendre polynomial. */
static void gauss_legendre(int n, double *sine, double *cosine, double *weight) {
    for (int i = 0; i < n; i++) {
        double x = -cos(2.0 * HALF_PI * (i + 0.75) / (n + 0.5)), slope = 0.0;
        for (int round = 0; round < 20; round++) {
            double p = 1.0, before = 0.0;
            for (int k = 1; k <= n; k++) {
                double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
                before = p, p = next;
            }
            slope = n * (x * p - before) / (x * x - 1.0);
            x -= p / slope;
        }
        double theta = 0.5 * HALF_PI * (1.0 + x);
        sine[i] = sin(theta), cosine[i] = cos(theta);
        weight[i] = HALF_PI / ((1.0 - x * x) * slope * slope);
    }
}

INLINE double node(int j) { return 0.5 + 0.5 * cos(2.0 * HALF_PI * j / NODES); }

/* Weights of the Chebyshev points in the interpolant at zeta, by the barycentric formula (Berrut and Trefethen, 2004). The
 * weight of the point at 0, where every function here vanishes, is not kept. */
static void interpolation_row(double zeta, double row[NODES]) {
    double total = 0.0;
    for (int j = 0; j < NODES; j++) row[j] = zeta == node(j);
    for (int j = 0; j < NODES; j++)
        if (row[j] != 0.0) return;
    for (int j = 0; j <= NODES; j++) {
        double point = node(j);
        double weight = (j % 2 ? -1.0 : 1.0) * (j == 0 || j == NODES ? 0.5 : 1.0) / (zeta - point);
        total += weight;
        if (j < NODES) row[j] = weight;
    }
    for (int j = 0; j < NODES; j++) row[j] /= total;
}

/* The derivative at zeta = 1 is a row of the Chebyshev differentiation matrix (Trefethen, 2000, chapter 6), times the 2
 * that [0, 1] is shorter than [-1, 1]. */
static void fill_slope(void) {
    tables.slope[0] = (2.0 * NODES * NODES + 1.0) / 3.0;
    for (int j = 1; j < NODES; j++)
        tables.slope[j] = 2.0 * (j % 2 ? -1.0 : 1.0) * 2.0 / (1.0 - cos(2.0 * HALF_PI * j / NODES));
}

static void fill_american_tables(void) {
    gauss_legendre(POINTS, tables.sine, tables.cosine, tables.weight);
    gauss_legendre(PREMIUM_POINTS, tables.premium_sine, tables.premium_cosine, tables.premium_weight);
    for (int i = 0; i < NODES; i++) tables.zeta[i] = node(i);
    for (int k = 0; k < POINTS; k++)
        for (int i = 0; i < NODES; i++) {
            double *row = tables.by_point[k][i];
            interpolation_row(tables.zeta[i] * tables.cosine[k], row);
            for (int j = 0; j < NODES; j++) tables.by_node[k][j][i] = row[j];
        }
    for (int k = 0; k < PREMIUM_POINTS; k++) {
        double row[NODES];
        interpolation_row(tables.premium_cosine[k], row);
        for (int j = 0; j < NODES; j++) tables.premium_by_node[j][k] = row[j];
    }
    fill_slope();
}

#endif
