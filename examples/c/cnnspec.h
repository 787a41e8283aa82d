/* The protocol of cnnspec for C and C++: one line of JSON comes in for each call, one goes out.
   Requests hold no spaces and each name once, so looking for "stride": is enough, and no JSON library is needed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int axes; long shape[64], size; double *values; } Tensor; /* values: also of float32 */
static const Tensor NONE = {0, {0}, 0, NULL};

static char *cnnspec_line; /* the request */
static int cnnspec_wide;   /* whether it is in float64, else in float32 */
static const char cnnspec_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *cnnspec_after(char *from, const char *name) { /* what follows "name": there; NULL where it does not come */
    char key[40], *found = (snprintf(key, sizeof key, "\"%s\":", name), strstr(from, key));
    return found ? found + strlen(key) : NULL;
}
static int says(const char *name, const char *word) { /* whether "name":"word" comes first of its name in the line */
    const char *found = cnnspec_after(cnnspec_line, name);
    return found && !strncmp(found + 1, word, strlen(word)) && found[strlen(word) + 1] == '"';
}
static int integers(char *from, long *out, int most) { /* of 1, [1,2] or [[1,2],[3,4]]; how many, or most + 1 */
    int count = 0;
    while (from && *from != '"' && *from != '}') /* where the value ends */
        if (strchr("[],", *from)) from++;
        else if (count < most) out[count++] = strtol(from, &from, 10);
        else return most + 1;
    return count;
}
static int attr(const char *name, long *out, int most) { /* the same of an attribute */
    return integers(cnnspec_after(cnnspec_line, name), out, most);
}
static Tensor tensor(int axes, const long *shape) { /* a new one; free its values */
    Tensor t = {axes, {0}, 1, NULL};
    for (int a = 0; a < axes; a++) t.size *= t.shape[a] = shape[a];
    t.values = (double *)calloc((size_t)t.size + 1, sizeof(double));
    return t;
}
static Tensor input(const char *name) { /* an array of the call; its values are NULL where it was not handed over */
    long shape[64];
    char *at = cnnspec_after(cnnspec_line, name);
    if (!at) return NONE;
    Tensor t = tensor(integers(cnnspec_after(at, "shape"), shape, 64), shape);
    cnnspec_wide = says("dtype", "float64");
    unsigned char *bytes = (unsigned char *)t.values, *to = bytes;
    unsigned bits = 0, count = 0;
    for (at = cnnspec_after(at, "data") + 1; *at != '"' && *at != '='; at++) {
        bits = bits << 6 | (unsigned)(strchr(cnnspec_digits, *at) - cnnspec_digits);
        if ((count += 6) >= 8) *to++ = (unsigned char)(bits >> (count -= 8));
    }
    if (!cnnspec_wide) for (long i = t.size; i-- > 0;) t.values[i] = ((float *)bytes)[i]; /* from the end: in place */
    return t;
}
static long call_id(void) { return atol(cnnspec_after(cnnspec_line, "id")); }
static void reject(const char *rule) { printf("{\"id\":%ld,\"rejected\":{\"message\":\"%s\"}}\n", call_id(), rule); }
static void unsupported(void) { printf("{\"id\":%ld,\"unsupported\":{}}\n", call_id()); }
static void answer(Tensor y) { /* the result; its values become what is written */
    if (!cnnspec_wide) for (long i = 0; i < y.size; i++) ((float *)y.values)[i] = (float)y.values[i];
    printf("{\"id\":%ld,\"ok\":{\"y\":{\"dtype\":\"float%d\",\"shape\":[", call_id(), cnnspec_wide ? 64 : 32);
    for (int a = 0; a < y.axes; a++) printf(a ? ",%ld" : "%ld", y.shape[a]);
    printf("],\"data\":\"");
    unsigned bits = 0, count = 0;
    for (long i = 0; i < y.size * (cnnspec_wide ? 8 : 4); i++)
        for (bits = bits << 8 | ((unsigned char *)y.values)[i], count += 8; count >= 6;)
            putchar(cnnspec_digits[bits >> (count -= 6) & 63]);
    if (count) printf("%c%s", cnnspec_digits[bits << (6 - count) & 63], count == 2 ? "==" : "=");
    printf("\"}}}\n");
}
static int next_call(const char *hello) { /* wait for a call; 0 when there are no more */
    static size_t room;
    for (fflush(stdout); getline(&cnnspec_line, &room, stdin) > 0; fflush(stdout)) {
        if (cnnspec_after(cnnspec_line, "op")) return 1;
        if (says("cmd", "stop")) return 0;
        puts(hello);
    }
    return 0;
}
