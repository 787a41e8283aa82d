import numpy as np
from scipy import signal

for shape in ((3,), (3, 1)):
    a = np.ones(shape, np.float16)
    for method in ("fft", "direct"):
        try:
            print(shape, method, signal.convolve(a, a, method=method).dtype)
        except ValueError as error:
            print(shape, method, error)
