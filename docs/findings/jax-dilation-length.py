import jax
import jax.numpy as jnp


def layer(x, w):
    """A convolution along one axis, with a dilation for each of two."""
    return jax.lax.conv_general_dilated(x, w, (2,), [(0, 0)], rhs_dilation=(1, 1))


x, w = jnp.zeros((0, 1, 5)), jnp.zeros((1, 1, 2))
print("shape", jax.eval_shape(layer, x, w).shape)
y = jnp.zeros((0, 1, 2))
print("gradient", jax.jit(lambda g: jax.vjp(lambda w: layer(x, w), w)[1](g)[0])(y).tolist())
try:
    layer(x, w)
except ValueError as error:
    print("call ValueError:", str(error).split("\n", maxsplit=1)[0])
