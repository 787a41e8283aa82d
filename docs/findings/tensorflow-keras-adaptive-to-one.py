import subprocess
import sys

CODE = """
import numpy as np, tensorflow as tf, keras
x = tf.constant(np.array([1, 3, 2], np.{}).reshape(1, 3, 1))
print(keras.ops.adaptive_max_pool(x, 1, data_format="channels_last").numpy().ravel())
"""
for dtype in ("float64", "float32"):
    done = subprocess.run([sys.executable, "-c", CODE.format(dtype)], capture_output=True, text=True, check=False)
    print(dtype, done.stdout.strip() or f"killed by signal {-done.returncode}")
