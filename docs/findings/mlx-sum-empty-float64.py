import subprocess
import sys

CODE = """
import mlx.core as mx
import numpy as np
mx.set_default_device(mx.cpu)
used = mx.arange(2, dtype=mx.float32).astype(mx.float64) + 5
mx.eval(used)
del used
x = mx.array(np.zeros((0, 4, 6, 2)), dtype=mx.float64)
print(*mx.sum(x, axis=(0, 1, 2)).tolist())
"""
printed = set()
for _ in range(200):
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    printed.add(done.stdout.strip())
    if printed - {"0.0 0.0"}:
        break
print("every sum is 0:", printed == {"0.0 0.0"})
