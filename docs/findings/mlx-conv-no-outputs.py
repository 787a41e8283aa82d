import subprocess
import sys

CODE = """
import mlx.core as mx
mx.set_default_device(mx.cpu)
try:
    y = mx.conv1d(mx.ones((1, 3, 1)), mx.ones((0, 2, 1)))
    mx.eval(y)
    print(y.shape)
except ValueError as error:
    print("ValueError")
print("the end of the program is reached")
"""
done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
print("exit status", done.returncode, done.stdout.split(chr(10)))
