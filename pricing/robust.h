/* A level, or a level and a slope, through observations of which some are plainly wrong: Tukey's biweight by iterated
 * weighted least squares (Huber and Ronchetti, "Robust Statistics", 2009, chapter 7). */
#ifndef GEX_ROBUST_H
#define GEX_ROBUST_H

#include <math.h>

/* 95% efficient where errors are normal; the median absolute deviation in units of their standard deviation. */
#define BIWEIGHT_CUT 4.685
#define MAD_TO_SIGMA 1.4826
/* A scatter below this fraction of the stated half-widths says nothing: quotes move in ticks. */
#define LEAST_SCALE 0.05
/* So residuals count at least as this fraction of them in the standard error, which then matches the actual errors of
 * simulated chains. */
#define LEAST_ERROR 0.1
/* A change of the level by this many standard deviations of one half-width ends the iteration. */
#define NEGLIGIBLE 1e-3
enum { MAX_ROUNDS = 30 };

typedef struct {
    double level, slope;
    double standard_error; /* of the level, from the residuals themselves; only where the slope is given */
    double scale;          /* scatter of the residuals in units of the stated half-widths */
    Py_ssize_t inliers;    /* observations of positive weight */
} Fit;

/* Move the values from `low` to `high` that are less than the pivot, or no more than it, to the front, without a branch
 * on them: they come in no order that could be foreseen. Returns where the others begin. */
static Py_ssize_t move_to_front(double *values, Py_ssize_t low, Py_ssize_t high, double pivot, int equal_too) {
    for (Py_ssize_t i = low; i < high; i++) {
        double value = values[i];
        values[i] = values[low], values[low] = value;
        low += equal_too ? !(value > pivot) : value < pivot;
    }
    return low;
}

/* The k-th smallest of n values, which it reorders: none before the k-th place is larger (Hoare's selection). */
static double select_kth(double *values, Py_ssize_t n, Py_ssize_t k) {
    Py_ssize_t low = 0, high = n;
    for (;;) {
        double pivot = values[low + (high - low) / 2];
        Py_ssize_t smaller = move_to_front(values, low, high, pivot, 0);
        if (k < smaller) {
            high = smaller;
            continue;
        }
        low = move_to_front(values, smaller, high, pivot, 1);
        if (k < low) return pivot;
    }
}

/* The mean of the two middle values where n is even. Reorders `values`. */
static double median_of(double *values, Py_ssize_t n) {
    double upper = select_kth(values, n, n / 2);
    if (n % 2) return upper;
    double lower = values[0]; /* the largest of those that now stand before the upper one */
    for (Py_ssize_t i = 1; i < n / 2; i++) lower = values[i] > lower ? values[i] : lower;
    return 0.5 * (upper + lower);
}

/* The level's standard error, by the sandwich formula: scatter of the influences over the mean slope of the influence
 * function, z (1 - u^2)^2, which is (1 - u^2) (1 - 5 u^2). */
static double level_error(Py_ssize_t n, const double *z, const double *half, double cut) {
    double influence = 0.0, slope = 0.0, weights = 0.0, inliers = 0.0;
    for (Py_ssize_t i = 0; i < n; i++) {
        double u2 = z[i] * z[i] / (cut * cut), precision = 1.0 / (half[i] * half[i]);
        if (u2 >= 1.0) continue;
        double psi = (fabs(z[i]) > LEAST_ERROR ? z[i] : LEAST_ERROR) * (1.0 - u2) * (1.0 - u2);
        influence += psi * psi * precision;
        slope += (1.0 - u2) * (1.0 - 5.0 * u2) * precision;
        weights += (1.0 - u2) * (1.0 - u2) * precision;
        inliers += 1.0;
    }
    double steepness = slope > 0.5 * weights ? slope : 0.5 * weights;
    return inliers > 1.0 ? sqrt(influence * inliers / (inliers - 1.0)) / steepness : INFINITY;
}

/* Fit y = level + slope x from `fit`, with standard deviations proportional to `half`; the slope stays where it is
 * unless `free_slope`. `z` and `scratch` have room for n values. */
static Fit biweight_fit(Py_ssize_t n, const double *x, const double *y, const double *half, int free_slope, Fit fit,
                        double *z, double *scratch) {
    double cut = 0.0;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        for (Py_ssize_t i = 0; i < n; i++) {
            z[i] = (y[i] - fit.level - fit.slope * x[i]) / half[i];
            scratch[i] = fabs(z[i]);
        }
        fit.scale = MAD_TO_SIGMA * median_of(scratch, n);
        cut = BIWEIGHT_CUT * (fit.scale > LEAST_SCALE ? fit.scale : LEAST_SCALE);

        double sw = 0.0, swx = 0.0, swxx = 0.0, swr = 0.0, swxr = 0.0;
        fit.inliers = 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            double u = z[i] / cut, root = u * u < 1.0 ? (1.0 - u * u) / half[i] : 0.0;
            double w = root * root, r = z[i] * half[i];
            sw += w, swx += w * x[i], swxx += w * x[i] * x[i], swr += w * r, swxr += w * x[i] * r;
            fit.inliers += w > 0.0;
        }
        double determinant = sw * swxx - swx * swx;
        double turn = free_slope && determinant > 0.0 ? (sw * swxr - swx * swr) / determinant : 0.0;
        double shift = (swr - turn * swx) / sw;
        fit.level += shift;
        fit.slope += turn;
        double change = fabs(shift) + fabs(turn) * sqrt(swxx / sw);
        if (change <= NEGLIGIBLE / sqrt(sw)) break;
    }
    if (!free_slope) fit.standard_error = level_error(n, z, half, cut);
    return fit;
}

#endif
