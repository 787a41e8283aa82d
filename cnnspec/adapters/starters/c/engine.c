/* Three operations of convolutional networks, to be checked by cnnspec: put your own in their place. */
#define _GNU_SOURCE /* for getline */
#include "cnnspec.h"
#include <math.h>

#define EACH(i, count) for (long i = 0; i < (count); i++)
#define AT(t, a, b, c, d) (t).values[(((a) * (t).shape[1] + (b)) * (t).shape[2] + (c)) * (t).shape[3] + (d)]

static const char *CLAIMS = /* what is claimed is checked, and nothing else: no dilation and no groups here */
    "{\"name\":\"engine\",\"version\":\"1\",\"language\":\"C\",\"claims\":{\"operations\":{"
    "\"conv2d\":{\"options\":[\"stride\",\"padding\"],\"padding\":\"asymmetric\",\"bias\":\"optional\","
    "\"dtypes\":[\"float32\",\"float64\"]},"
    "\"max_pool2d\":{\"options\":[\"stride\",\"padding\"],\"padding\":\"asymmetric\","
    "\"dtypes\":[\"float32\",\"float64\"]},"
    "\"relu\":{\"dtypes\":[\"float32\",\"float64\"]}}}}";

static long k[2], s[2], p[4]; /* kernel, stride, and pads: top, bottom, left, right */

static double tap(Tensor x, long n, long c, long row, long column, double outside) {
    int inside = row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
    return inside ? AT(x, n, c, row, column) : outside;
}
static void conv2d(Tensor x, Tensor w, Tensor b, Tensor y) {
    EACH(n, y.shape[0]) EACH(o, y.shape[1]) EACH(i, y.shape[2]) EACH(j, y.shape[3]) {
        double sum = b.values ? b.values[o] : 0;
        EACH(c, x.shape[1]) EACH(u, k[0]) EACH(v, k[1])
            sum += tap(x, n, c, s[0] * i + u - p[0], s[1] * j + v - p[2], 0) * AT(w, o, c, u, v);
        AT(y, n, o, i, j) = sum;
    }
}
static void max_pool2d(Tensor x, Tensor y) {
    EACH(n, y.shape[0]) EACH(c, y.shape[1]) EACH(i, y.shape[2]) EACH(j, y.shape[3]) {
        double most = -INFINITY; /* padding never wins */
        EACH(u, k[0]) EACH(v, k[1]) {
            double value = tap(x, n, c, s[0] * i + u - p[0], s[1] * j + v - p[2], -INFINITY);
            if (value > most || isnan(value)) most = value;
        }
        AT(y, n, c, i, j) = most;
    }
}
static void relu(Tensor x, Tensor y) {
    EACH(i, x.size) y.values[i] = x.values[i] < 0 ? 0 : x.values[i];
}

static const char *output_shape(Tensor x, Tensor w, Tensor b, long *shape) { /* what is wrong with the call, or NULL */
    int conv = w.values != NULL;
    if (conv) k[0] = w.shape[2], k[1] = w.shape[3];
    if (!conv && attr("kernel_size", k, 2) != 2) return "kernel_size must be 2 numbers";
    if (attr("stride", s, 2) != 2 || attr("padding", p, 4) != 4) return "stride and padding must have 2 axes";
    if (x.axes != 4 || (conv && (w.axes != 4 || w.shape[1] != x.shape[1]))) return "the shapes of x and w do not fit";
    if (b.values && (b.axes != 1 || b.size != w.shape[0])) return "b must have a number for each output channel";
    shape[0] = x.shape[0], shape[1] = conv ? w.shape[0] : x.shape[1];
    EACH(a, 2) {
        long room = x.shape[2 + a] + p[2 * a] + p[2 * a + 1] - k[a];
        if (k[a] < 1 || s[a] < 1) return "kernel and stride must be >= 1";
        if (room < 0) return "no window fits";
        shape[2 + a] = room / s[a] + 1;
    }
    return NULL;
}
int main(void) {
    while (next_call(CLAIMS)) {
        Tensor x = input("x"), w = input("w"), b = input("b"), y = NONE;
        long shape[8];
        const char *wrong;
        int conv = says("op", "conv2d"), pool = says("op", "max_pool2d"), known = conv || pool || says("op", "relu");
        if (!known || (!says("dtype", "float32") && !says("dtype", "float64"))) unsupported();
        else if (!conv && !pool) relu(x, y = tensor(x.axes, x.shape));
        else if ((wrong = output_shape(x, w, b, shape))) reject(wrong);
        else if (conv) conv2d(x, w, b, y = tensor(4, shape));
        else max_pool2d(x, y = tensor(4, shape));
        if (y.values) answer(y);
        free(x.values), free(w.values), free(b.values), free(y.values);
    }
    return 0;
}
