"""A program that answers one call and ends: the smallest way to plug in.  Its claims are what it says to hello."""

import base64
import json
import struct

request = json.loads(input())
if request["cmd"] == "hello":
    answer = {"name": "relu.py", "claims": {"operations": {"relu": {"dtypes": ["float32"]}}}}
elif request["op"] != "relu" or request["inputs"]["x"]["dtype"] != "float32":
    answer = {"id": request["id"], "unsupported": {"reason": "relu of float32 alone"}}
else:
    x = request["inputs"]["x"]
    numbers = [value for (value,) in struct.iter_unpack("<f", base64.b64decode(x["data"]))]
    data = struct.pack(f"<{len(numbers)}f", *(0.0 if value < 0 else value for value in numbers))
    answer = {"id": request["id"], "ok": {"y": {**x, "data": base64.b64encode(data).decode()}}}
print(json.dumps(answer))
