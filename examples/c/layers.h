/* A small layer library: a convolution by columns and a matrix product, in float. */
#include <stdlib.h>

typedef struct { long kernel[2], stride[2], dilation[2], lo[2], hi[2], groups; } Window;

/* The number of windows on an axis; 0 where none fits. */
static long windows(long extent, const Window *w, int axis) {
    long k = w->kernel[axis], s = w->stride[axis], d = w->dilation[axis];
    long room = extent + w->lo[axis] + w->hi[axis] - d * (k - 1) - 1;
    return k < 1 || s < 1 || d < 1 || room < 0 ? 0 : room / s + 1;
}

/* Every tap of every window of some channels of one sample, a row for each tap: padding is 0. */
static void columns_of(const float *x, long channels, long rows, long columns, const Window *w, long m, long n,
                       float *out) {
    for (long c = 0; c < channels; c++)
        for (long u = 0; u < w->kernel[0]; u++)
            for (long v = 0; v < w->kernel[1]; v++)
                for (long i = 0; i < m; i++)
                    for (long j = 0; j < n; j++) {
                        long row = w->stride[0] * i + w->dilation[0] * u - w->lo[0];
                        long column = w->stride[1] * j + w->dilation[1] * v - w->lo[1];
                        int inside = row >= 0 && row < rows && column >= 0 && column < columns;
                        *out++ = inside ? x[(c * rows + row) * columns + column] : 0;
                    }
}

/* x (samples, channels, rows, columns), weights (outputs, channels / groups, kernel), bias (outputs) or NULL. */
static void conv2d(const float *x, const long *shape, const float *weights, long outputs, const float *bias,
                   const Window *w, float *y) {
    long m = windows(shape[2], w, 0), n = windows(shape[3], w, 1), area = m * n;
    long per = shape[1] / w->groups, taps = per * w->kernel[0] * w->kernel[1], plane = shape[2] * shape[3];
    float *matrix = malloc(sizeof(float) * (size_t)(taps * area + 1));
    for (long s = 0; s < shape[0]; s++)
        for (long o = 0; o < outputs; o++) {
            long group = o / (outputs / w->groups);
            if (o % (outputs / w->groups) == 0)
                columns_of(x + (s * shape[1] + group * per) * plane, per, shape[2], shape[3], w, m, n, matrix);
            float *out = y + (s * outputs + o) * area;
            for (long q = 0; q < area; q++) out[q] = bias ? bias[o] : 0;
            for (long t = 0; t < taps; t++)
                for (long q = 0; q < area; q++) out[q] += weights[o * taps + t] * matrix[t * area + q];
        }
    free(matrix);
}
