// Three operations of convolutional networks, to be checked by cnnspec: put your own in their place.
#include "cnnspec.h"

#include <cmath>
#include <stdexcept>

// What is claimed is checked, and nothing else: no dilation and no groups here.
static const char *CLAIMS = R"({"name":"engine","version":"1","language":"C++","claims":{"operations":{"conv2d":)"
    R"({"options":["stride","padding"],"padding":"asymmetric","bias":"optional","dtypes":["float32","float64"]},)"
    R"("max_pool2d":{"options":["stride","padding"],"padding":"asymmetric","dtypes":["float32","float64"]},)"
    R"("relu":{"dtypes":["float32","float64"]}}}})";

static void require(bool holds, const char *rule) { if (!holds) throw std::invalid_argument(rule); }
static double &at(const Tensor &t, long a, long b, long c, long d) {
    return t.values[((a * t.shape[1] + b) * t.shape[2] + c) * t.shape[3] + d];
}
static double tap(const Tensor &x, long n, long c, long row, long column, double outside) {
    bool inside = row >= 0 && row < x.shape[2] && column >= 0 && column < x.shape[3];
    return inside ? at(x, n, c, row, column) : outside;
}

// The result whose element (n, o, i, j) is element(n, o, top, left), where the window i, j begins at row top of x.
template <class Element>
static Tensor slide(const Tensor &x, long channels, const long (&k)[2], Element element) {
    long s[2], p[4], shape[4] = {x.shape[0], channels, 0, 0};
    require(attr("stride", s, 2) == 2 && attr("padding", p, 4) == 4, "stride and padding must have 2 axes");
    for (int a = 0; a < 2; a++) {
        long room = x.shape[2 + a] + p[2 * a] + p[2 * a + 1] - k[a];
        require(k[a] >= 1 && s[a] >= 1, "kernel and stride must be >= 1");
        require(room >= 0, "no window fits");
        shape[2 + a] = room / s[a] + 1;
    }
    Tensor y = tensor(4, shape);
    for (long n = 0; n < shape[0]; n++) for (long o = 0; o < shape[1]; o++)
        for (long i = 0; i < shape[2]; i++) for (long j = 0; j < shape[3]; j++)
            at(y, n, o, i, j) = element(n, o, s[0] * i - p[0], s[1] * j - p[2]);
    return y;
}
static Tensor conv2d(const Tensor &x, const Tensor &w, const Tensor &b) {
    require(x.axes == 4 && w.axes == 4 && x.shape[1] == w.shape[1], "the shapes of x and w do not fit");
    require(!b.values || (b.axes == 1 && b.size == w.shape[0]), "b must have a number for each output channel");
    return slide(x, w.shape[0], {w.shape[2], w.shape[3]}, [&](long n, long o, long top, long left) {
        double sum = b.values ? b.values[o] : 0;
        for (long c = 0; c < w.shape[1]; c++)
            for (long u = 0; u < w.shape[2]; u++) for (long v = 0; v < w.shape[3]; v++)
                sum += tap(x, n, c, top + u, left + v, 0) * at(w, o, c, u, v);
        return sum;
    });
}
static Tensor max_pool2d(const Tensor &x) {
    long k[2];
    require(x.axes == 4 && attr("kernel_size", k, 2) == 2, "x must have 4 axes, and kernel_size 2");
    return slide(x, x.shape[1], k, [&](long n, long c, long top, long left) {
        double most = -INFINITY; // padding never wins
        for (long u = 0; u < k[0]; u++) for (long v = 0; v < k[1]; v++) {
            double value = tap(x, n, c, top + u, left + v, -INFINITY);
            if (value > most || std::isnan(value)) most = value;
        }
        return most;
    });
}
static Tensor relu(const Tensor &x) {
    Tensor y = tensor(x.axes, x.shape);
    for (long i = 0; i < x.size; i++) y.values[i] = x.values[i] < 0 ? 0 : x.values[i];
    return y;
}
int main() {
    while (next_call(CLAIMS)) {
        Tensor x = input("x"), w = input("w"), b = input("b"), y = NONE;
        bool known = says("op", "conv2d") || says("op", "max_pool2d") || says("op", "relu");
        try {
            if (!known || (!says("dtype", "float32") && !says("dtype", "float64"))) unsupported();
            else answer(y = says("op", "relu") ? relu(x) : says("op", "conv2d") ? conv2d(x, w, b) : max_pool2d(x));
        } catch (const std::invalid_argument &wrong) {
            reject(wrong.what());
        }
        for (const Tensor &t : {x, w, b, y}) std::free(t.values);
    }
}
