import subprocess
import sys

CODE = """
import numpy as np, tensorflow as tf
print(tf.nn.max_pool2d(np.ones((1, 1, 1, 1), np.{}), 2, 1, "VALID").shape)
"""
for dtype in ("float64", "float32"):
    done = subprocess.run([sys.executable, "-c", CODE.format(dtype)], capture_output=True, text=True, check=False)
    print(dtype, done.stdout.strip() or f"killed by signal {-done.returncode}")
