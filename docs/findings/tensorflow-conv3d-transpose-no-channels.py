import subprocess
import sys

CALL = """
import tensorflow as tf
x, w = tf.zeros((2, 9, 9, 9, 0), tf.{0}), tf.zeros((1, 1, 1, 1, 0), tf.{0})
print(set(tf.nn.conv3d_transpose(x, w, (2, 33, 25, 25, 1), [1, 4, 3, 3, 1], "VALID").numpy().ravel().tolist()))
"""
for dtype in ("float32", "float64"):
    ended = subprocess.run([sys.executable, "-c", CALL.format(dtype)], capture_output=True, text=True, check=False)
    print(dtype, "exit status", ended.returncode, ended.stdout.strip())
