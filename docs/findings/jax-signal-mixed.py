import jax.scipy.signal
import numpy as np
import scipy.signal

x, k = np.array([[1.0], [2.0]]), np.array([[1.0, 10.0]])
for name, convolve in (("scipy", scipy.signal.convolve), ("jax", jax.scipy.signal.convolve)):
    try:
        print(name, convolve(x, k, "full").tolist())
    except ValueError as error:
        print(name, error)
