"""A program that speaks the protocol with the standard library alone, and misbehaves as its argument says.

It computes relu, and returns its input as conv2d; the behaviours are the names of the functions below.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import struct
import sys
import time

CODES = {"float32": "f", "float64": "d", "int32": "i"}
HELLO = {"name": "engine", "version": "1.2", "language": "Python", "claims": {"operations": {"relu": {}}}}
INF = 1 << 60


def say(message):
    print(json.dumps(message), flush=True)


def write(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def relu(tensor):
    data = base64.b64decode(tensor["data"])
    code = CODES[tensor["dtype"]]
    values = [max(v, 0) for (v,) in struct.iter_unpack("<" + code, data)]
    return {**tensor, "data": base64.b64encode(struct.pack(f"<{len(values)}{code}", *values)).decode()}


def good(request, y):
    say({"id": request["id"], "ok": {"y": y}})


# ------------------------------------------------------------------------------------------------------------ answers


def changed(**parts):
    return lambda request, y: say({"id": request["id"], "ok": {"y": {**y, **parts}}})


def answered(**parts):
    return lambda request, y: say({"id": request["id"], **parts})


def written(text):
    return lambda request, y: write(text % request["id"] if b"%d" in text else text)


wrong_shape = changed(shape=[1], data="AAAAAA==")
wrong_dtype = changed(dtype="float64", data=base64.b64encode(bytes(24)).decode())
bad_base64 = changed(data="AA!=")
odd_base64 = changed(data="AAA")
short_data = changed(data="AAAA")
number_data = changed(data=3)
no_dtype = changed(dtype=None)
foreign_dtype = changed(dtype="object")
float_shape = changed(shape=[1.0, 1, 3])
bool_shape = changed(shape=[True, 1, 3])
negative_shape = changed(shape=[1, -1, 3])
text_shape = changed(shape="1,1,3")
huge_shape = changed(shape=[INF, INF])
hidden_huge_shape = changed(shape=[INF, 0], data="")
many_axes = changed(shape=[1] * 33)
both_places = changed(file="/dev/zero")
endless_file = answered(ok={"y": {"dtype": "float32", "shape": [3], "file": "/dev/zero"}})
no_place = answered(ok={"y": {"dtype": "float32", "shape": [3]}})
list_result = answered(ok={"y": [1.0, 2.0]})
none_result = answered(ok={"y": None})
no_result = answered(ok={})
ok_is_a_list = answered(ok=[1])
misnamed = answered(ok={"z": {}})
two_endings = answered(ok={}, error={})
no_ending = answered(result={})
number_message = answered(rejected={"message": 3})
wrong_category = answered(rejected={"message": "no", "category": "colour"})
null_id = written(b'{"id":null,"ok":{}}\n')
true_id = written(b'{"id":true,"ok":{}}\n')
text_id = written(b'{"id":"%d","ok":{}}\n')
real_id = written(b'{"id":%d.0,"ok":{}}\n')
no_id = written(b'{"ok":{}}\n')
other_id = written(b'{"id":99999,"ok":{}}\n')
half_json = written(b'{"id":%d,"ok":{"y":\n')
not_json = written(b"{'id': %d}\n")
not_utf8 = written(b'{"id":%d,"ok":"\xff\xfe"}\n')
nan_value = written(b'{"id":%d,"ok":NaN}\n')
key_twice = written(b'{"id":%d,"id":%d}\n'.replace(b"%d", b"1"))
deep = written(b'{"id":' + b"[" * 100_000 + b"\n")
long_number = written(b'{"id":' + b"9" * 5000 + b"}\n")
rejected = answered(rejected={"message": "stride must be >= 1", "category": "shape"})
rejected_plainly = answered(rejected={})
unsupported = answered(unsupported={"reason": "no relu here"})
error = answered(error={"message": "out of tea"})


# --------------------------------------------------------------------------------------------------- the end, and more


def half_line_and_exit(request, y):
    write(b'{"id":%d,"ok"' % request["id"])
    sys.exit(0)


def half_line_and_hang(request, y):
    write(b'{"id":%d,"ok"' % request["id"])
    time.sleep(100)


def hang(request, y):
    time.sleep(100)


def exit_0(request, y):
    sys.exit(0)


def exit_3(request, y):
    print("cannot go on\n\x1b[31mreally", file=sys.stderr)
    sys.exit(3)


def segfault(request, y):
    os.kill(os.getpid(), signal.SIGSEGV)


def raises(request, y):
    raise RuntimeError("not ready")


def close_output(request, y):
    os.close(1)
    time.sleep(100)


def endless_line(request, y):
    write(b'{"id":')
    while True:
        write(b"1" * 65536)


def endless_lines(request, y):
    while True:
        write(b"debug\n" * 1000)


def endless_errors(request, y):
    while True:
        sys.stderr.write("debug\n" * 100_000)


def twice(request, y):
    good(request, y)
    good(request, y)


def leave_after(request, y):
    good(request, y)
    sys.exit(0)


def close_input_after(request, y):
    os.close(0)
    good(request, y)
    time.sleep(100)


def stray(request, y):
    write(b"window 1 of 3\n\xff\x00\n\n")
    good(request, y)


def stray_before_answer(request, y):
    write(b"sum = 3 ")
    good(request, y)


def stray_after(request, y):
    good(request, y)
    write(b"done\n")


def echo(request, y):
    print("got", json.dumps(request))
    good(request, y)


def as_float64(request, y):
    values = struct.unpack(f"<{len(base64.b64decode(y['data'])) // 4}f", base64.b64decode(y["data"]))
    data = base64.b64encode(struct.pack(f"<{len(values)}d", *values)).decode()
    good(request, {**y, "dtype": "float64", "data": data})


def zeros(request, y):
    good(request, {**y, "data": base64.b64encode(bytes(len(base64.b64decode(y["data"])))).decode()})


def deaf(request, y):
    """It does not hear that it has to stop."""
    good(request, y)


def short_lines(request, y):
    """Longer lines are cut off, as by a buffer of fixed size."""
    good(request, y if len(y["data"]) < 65536 else {**y, "data": y["data"][:65536]})


def answers_everything(request, y):
    good(request, y)


def serve(behave):
    for line in sys.stdin:
        request = json.loads(line)
        if request["cmd"] == "stop" and behave is deaf:
            time.sleep(100)
        if request["cmd"] == "stop":
            return
        if request["cmd"] == "hello":
            say(HELLO)
        elif request["op"] == "relu" or behave is answers_everything:
            behave(request, relu(request["inputs"]["x"]))
        else:
            say({"id": request["id"], "unsupported": {"reason": f"no {request['op']}"}})


def serve_by_batch():
    """The behaviour is the batch size's: 1 is good, 2 the first of the arguments, and so on."""
    names = sys.argv[2:]
    serve(lambda request, y: globals()[["good", *names][min(y["shape"][0] - 1, len(names))]](request, y))


def serve_lines():
    """Every call is answered with a line of the file that is named, whatever is in it."""
    with open(sys.argv[2], "rb") as file:  # noqa: PTH123
        lines = file.read().split(b"\n\n")
    serve(lambda request, y: write(lines[request["id"] % len(lines)] + b"\n"))


def serve_files():
    """Large data come in a file, and results go into one; the second argument says where results are said to be."""
    HELLO["files"] = True
    for line in sys.stdin:
        request = json.loads(line)
        if request["cmd"] != "run":
            say(HELLO)
            continue
        x = request["inputs"]["x"]
        with open(x["file"], "rb") as file:  # noqa: PTH123
            file.seek(x["offset"])
            data = file.read(4 * x["shape"][-1])
        path = request["results"]["file"]
        with open(path, "r+b") as file:  # noqa: PTH123
            file.seek(8)
            file.write(data)
        say({"id": request["id"], "ok": {"y": {"dtype": "float32", "shape": x["shape"], **WHERE[sys.argv[2]](path)}}})


WHERE = {
    "right": lambda path: {"file": path, "offset": 8},
    "beyond": lambda path: {"file": path, "offset": 12},
    "elsewhere": lambda path: {"file": "/dev/zero"},
    "nowhere": lambda path: {"file": path, "offset": -1},
}

if __name__ == "__main__":
    if sys.argv[1] in ("by_batch", "lines", "files"):
        {"by_batch": serve_by_batch, "lines": serve_lines, "files": serve_files}[sys.argv[1]]()
    else:
        serve(globals()[sys.argv[1]])
