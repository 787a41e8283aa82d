"""A verified, executable specification of the CNN operators, and a conformance suite for implementations of them.

The public names are loaded when they are first used: ``import cnnspec`` itself loads neither NumPy nor Hypothesis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cnnspec.adapters.claiming import claims as claims
    from cnnspec.cases.case import Case as Case
    from cnnspec.errors import (
        CaseError as CaseError,
        CnnspecError as CnnspecError,
        DTypeError as DTypeError,
        NonConforming as NonConforming,
        ParameterError as ParameterError,
        ShapeError as ShapeError,
        TargetError as TargetError,
        Unsupported as Unsupported,
        UsageError as UsageError,
    )
    from cnnspec.numerics.certify import (
        certify_conv as certify_conv,
        certify_conv_input_grad as certify_conv_input_grad,
        certify_conv_transpose as certify_conv_transpose,
        certify_conv_weight_grad as certify_conv_weight_grad,
    )
    from cnnspec.pytest_plugin import parametrize as parametrize
    from cnnspec.reference.activation import relu as relu, relu_input_grad as relu_input_grad
    from cnnspec.reference.adaptive_pooling import *
    from cnnspec.reference.connectivity import *
    from cnnspec.reference.convolution import conv as conv, conv1d as conv1d, conv2d as conv2d, conv3d as conv3d
    from cnnspec.reference.gradients import *
    from cnnspec.reference.padding import pad as pad, pad_input_grad as pad_input_grad
    from cnnspec.reference.pooling import *
    from cnnspec.reference.pooling_gradients import *
    from cnnspec.reference.quantised import *
    from cnnspec.reference.signal import convolve as convolve, cross_correlate as cross_correlate
    from cnnspec.reference.stacks import *
    from cnnspec.reference.translation import *
    from cnnspec.reference.transpose import (
        conv_transpose as conv_transpose,
        conv_transpose1d as conv_transpose1d,
        conv_transpose2d as conv_transpose2d,
        conv_transpose3d as conv_transpose3d,
    )
    from cnnspec.reference.unpooling import *
    from cnnspec.report.call import check as check, run as run


def _ranks(*names: str) -> tuple[str, ...]:
    """Each name, and the same with 1d, 2d and 3d: ``conv_input_grad``, ``conv1d_input_grad`` and so on."""
    ends = ("_input_grad", "_weight_grad", "_bias_grad", "_with_indices")
    split = [next(((name[: -len(end)], end) for end in ends if name.endswith(end)), (name, "")) for name in names]
    return tuple(f"{stem}{rank}{end}" for stem, end in split for rank in ("", "1d", "2d", "3d"))


_NAMES: dict[str, tuple[str, ...]] = {
    "cnnspec.reference.signal": ("convolve", "cross_correlate"),
    "cnnspec.reference.padding": ("pad", "pad_input_grad"),
    "cnnspec.reference.convolution": _ranks("conv"),
    "cnnspec.reference.transpose": _ranks("conv_transpose"),
    "cnnspec.reference.gradients": (
        *_ranks("conv_input_grad", "conv_weight_grad", "conv_transpose_input_grad", "conv_transpose_weight_grad"),
        "conv_bias_grad",
    ),
    "cnnspec.reference.pooling": _ranks("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool"),
    "cnnspec.reference.adaptive_pooling": (
        *_ranks("adaptive_max_pool", "adaptive_avg_pool"),
        *("global_max_pool", "global_avg_pool"),
    ),
    "cnnspec.reference.pooling_gradients": (
        *_ranks("max_pool_input_grad", "avg_pool_input_grad", "lp_pool_input_grad"),
        *_ranks("adaptive_max_pool_input_grad", "adaptive_avg_pool_input_grad"),
        *("global_max_pool_input_grad", "global_avg_pool_input_grad"),
    ),
    "cnnspec.reference.unpooling": _ranks("max_unpool"),
    "cnnspec.reference.activation": ("relu", "relu_input_grad"),
    "cnnspec.reference.translation": ("translate", "translate_zero", "reflect", "subsample", "interior"),
    "cnnspec.reference.connectivity": ("conv_matrix", "reads", "layer_counts"),
    "cnnspec.reference.stacks": ("receptive_field", "jump", "centre", "stack_reads", "compose", "separable_kernel"),
    "cnnspec.reference.quantised": ("conv_integer", "qlinear_conv"),
    "cnnspec.report.call": ("check", "run"),
    "cnnspec.numerics.certify": (
        *("certify_conv", "certify_conv_input_grad", "certify_conv_weight_grad", "certify_conv_transpose"),
    ),
    "cnnspec.adapters.claiming": ("claims",),
    "cnnspec.cases.case": ("Case",),
    "cnnspec.pytest_plugin": ("parametrize",),
    "cnnspec.errors": (
        *("CnnspecError", "ShapeError", "ParameterError", "DTypeError", "Unsupported"),
        *("CaseError", "UsageError", "TargetError", "NonConforming"),
    ),
}
"""Every module that gives public names, and the names; the imports above say the same to type checkers."""

_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - they are strings, all of them

if not TYPE_CHECKING:  # to a type checker, __getattr__ would make every misspelt name exist

    def __getattr__(name: str) -> object:
        """Load the module that holds ``name``, once."""
        if name not in _HOME:
            raise AttributeError(f"module 'cnnspec' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
