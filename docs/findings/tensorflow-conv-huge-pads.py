import subprocess
import sys

CODE = """
import numpy as np, tensorflow as tf
p = 2**31 - 1
try:
    x, w = np.ones((1, 3, 3, 1), np.{0}), np.ones((2, 2, 1, 1), np.{0})
    print(tf.nn.conv2d(x, w, p, [[0, 0], [p, p], [p, p], [0, 0]]).shape)
except tf.errors.InvalidArgumentError as error:
    print("InvalidArgumentError")
"""
for dtype in ("float64", "float32"):
    done = subprocess.run([sys.executable, "-c", CODE.format(dtype)], capture_output=True, text=True, check=False)
    print(dtype, done.stdout.strip() or f"killed by signal {-done.returncode}")
