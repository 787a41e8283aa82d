/* What plugs the library of this folder into cnnspec: cc -O2 -o engine engine.c && cnnspec check exec:./engine */
#define _GNU_SOURCE
#include "cnnspec.h"
#include "layers.h"

static const char *HELLO =
    "{\"name\":\"layers.h\",\"version\":\"1\",\"language\":\"C\",\"claims\":{\"operations\":{\"conv2d\":{"
    "\"options\":[\"stride\",\"padding\",\"dilation\",\"groups\"],\"padding\":\"asymmetric\",\"bias\":\"optional\","
    "\"dtypes\":[\"float32\"]}}}}";

/* The header hands over doubles; the library wants floats. */
static float *floats(Tensor t) {
    if (!t.values) return NULL;
    float *found = malloc(sizeof(float) * (size_t)(t.size + 1));
    for (long i = 0; i < t.size; i++) found[i] = (float)t.values[i];
    return found;
}

static const char *wrong_with(Tensor x, Tensor w, Tensor b, Window *window) {
    long pads[4];
    if (x.axes != 4 || w.axes != 4) return "x and w must have 4 axes";
    if (attr("stride", window->stride, 2) != 2 || attr("dilation", window->dilation, 2) != 2) return "there are 2 axes";
    if (attr("padding", pads, 4) != 4 || attr("groups", &window->groups, 1) != 1) return "there are 2 axes";
    for (int a = 0; a < 2; a++) {
        window->kernel[a] = w.shape[2 + a], window->lo[a] = pads[2 * a], window->hi[a] = pads[2 * a + 1];
        if (!windows(x.shape[2 + a], window, a)) return "no window fits";
    }
    if (window->groups < 1 || x.shape[1] != window->groups * w.shape[1]) return "the channels do not fit";
    if (w.shape[0] % window->groups) return "the groups do not divide the outputs";
    if (b.values && (b.axes != 1 || b.size != w.shape[0])) return "the bias does not fit";
    return NULL;
}

int main(void) {
    while (next_call(HELLO)) {
        Tensor x = input("x"), w = input("w"), b = input("b"), y = NONE;
        Window window;
        const char *wrong;
        if (!says("op", "conv2d") || !says("dtype", "float32")) unsupported();
        else if ((wrong = wrong_with(x, w, b, &window))) reject(wrong);
        else {
            long shape[4] = {x.shape[0], w.shape[0], windows(x.shape[2], &window, 0), windows(x.shape[3], &window, 1)};
            float *fx = floats(x), *fw = floats(w), *fb = floats(b), *fy;
            fy = floats(y = tensor(4, shape));
            conv2d(fx, x.shape, fw, w.shape[0], fb, &window, fy);
            for (long i = 0; i < y.size; i++) y.values[i] = fy[i];
            answer(y);
            free(fx), free(fw), free(fb), free(fy);
        }
        free(x.values), free(w.values), free(b.values), free(y.values);
    }
    return 0;
}
