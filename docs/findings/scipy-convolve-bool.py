import numpy as np
from scipy import signal

a = np.ones(3, bool)
print("convolve   ", signal.convolve(a, a).tolist())
print("fftconvolve", signal.fftconvolve(a, a).round().tolist())
