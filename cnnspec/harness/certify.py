"""A target on the layers of real networks at their real sizes, each result certified and none computed anew."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import isfinite, isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import dtype_of
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.errors import UsageError
from cnnspec.harness.judge import ENDINGS
from cnnspec.harness.target import open_target
from cnnspec.harness.verdicts import CONFORMS, FAILS, INCOMPLETE, Verdict
from cnnspec.numerics.certificate import Certificate
from cnnspec.numerics.certify import (
    certify_conv,
    certify_conv_input_grad,
    certify_conv_transpose,
    certify_conv_weight_grad,
)
from cnnspec.numerics.precision import ACCUMULATOR, exact_limit
from cnnspec.numerics.tables import Layer, layer_table

if TYPE_CHECKING:
    from cnnspec.harness.target import Target
    from cnnspec.numerics.tables import Table
    from cnnspec.typing import Array

RESULTS = ("forward", "input gradient", "weight gradient")
TRIALS = {"float": 8, "exact": 2}
FORMS = tuple(TRIALS)


@dataclass(frozen=True)
class Certified:
    """What became of one result of one layer."""

    layer: Layer
    result: str
    form: str
    verdict: Verdict
    certificate: Certificate | None = None
    message: str = ""

    @property
    def words(self) -> str:
        """One sentence."""
        return str(self.certificate) if self.certificate is not None else self.message

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        c = self.certificate
        known = {} if c is None else {
            "trials": c.trials, "seed": c.seed, "miss": c.miss, "visible": c.visible, "relative": c.relative,
            "places": c.places, "outputs": c.outputs, "alarms": c.alarms,
            "wrong": [
                {"index": list(w.index), **{k: _plain(getattr(w, k)) for k in ("got", "right", "allowed")}}
                for w in c.wrong
            ],
        }  # fmt: skip
        return {"layer": self.layer.name, "result": self.result, "form": self.form, "verdict": str(self.verdict),
                "words": self.words, **known}  # fmt: skip


def _plain(value: float) -> float | str:
    """As JSON can say it: NaN and infinities by name."""
    return value if isfinite(value) else str(value)


@dataclass
class Certification:
    """A table's layers on a target."""

    target: str
    version: str
    table: Table
    batch: int
    dtype: str
    rows: list[Certified] = field(default_factory=list)
    complete: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code that this means."""
        bad = {Verdict.FAILED, Verdict.REFUSED, Verdict.CRASHED, Verdict.TIMEOUT}
        if any(row.verdict in bad for row in self.rows):
            return FAILS
        return CONFORMS if self.complete and any(r.verdict is Verdict.PASSED for r in self.rows) else INCOMPLETE

    @property
    def words(self) -> str:
        """The whole in one sentence."""
        count = {v: sum(row.verdict is v for row in self.rows) for v in Verdict}
        told = [f"{count[Verdict.PASSED]} right"]
        told += [f"{n} {v}" for v, n in count.items() if n and v is not Verdict.PASSED]
        words = f"{self.table.title} on {self.target}: of {len(self.rows)} results {', '.join(told)}"
        right = [row.certificate for row in self.rows if row.verdict is Verdict.PASSED and row.certificate is not None]
        if exact := [c for c in right if c.form == "exact"]:
            miss = max(c.miss for c in exact)
            words += f"; a wrong element of an exact result was missed with probability at most {miss:.1e}"
        if floats := [c for c in right if c.form == "float"]:
            visible, miss = max(c.relative for c in floats), max(c.miss for c in floats)
            words += (
                f"; an error above {visible:.1g} of the root mean square of a real one with probability at most"
                f" {miss:.1e}"
            )
        return words

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "target": self.target, "version": self.version, "table": self.table.name, "source": self.table.source,
            "batch": self.batch, "dtype": self.dtype, "complete": self.complete, "words": self.words,
            "rows": [row.to_json() for row in self.rows],
        }  # fmt: skip


def certify(
    target: Any,
    *,
    layers: str = "resnet50",
    only: tuple[str, ...] = (),
    batch: int = 1,
    dtype: str = "float32",
    results: tuple[str, ...] = RESULTS,
    forms: tuple[str, ...] = FORMS,
    trials: int | None = None,
    seed: int = 0,
    isolate: str = "auto",
    timeout: float = 300.0,
    memory: int | None = None,
    progress: Callable[[Certified, int, int], None] | None = None,
) -> Certification:
    """Run a target on the layers of a network, and certify every result.

    Parameters
    ----------
    target
        A target string or a Python object.
    layers
        The name of a table (:data:`cnnspec.numerics.tables.TABLES`), or a JSON file.
    only
        Patterns of layers' names; all by default.
    batch
        Samples.
    dtype
        A floating-point dtype.
    results
        Which of ``forward``, ``input gradient``, ``weight gradient``; those that are claimed.
    forms
        ``float``: normally distributed data; ``exact``: integers as large as sums allow.
    trials
        Random projections of each result, drawn after the target has answered; by default 2 in the exact form and 8 in
        the float form, where each halves the probability of a miss.
    seed
        Of the data.
    isolate, timeout, memory
        As for :func:`cnnspec.harness.session.run`; limits of one call.
    progress
        Called after every result, with how many are done and planned.

    Returns
    -------
    Certification
        Its rows, one for each result and form.

    Raises
    ------
    UsageError
        If there is no such table, layer, result or form.
    TargetError
        If the target cannot be loaded.
    """
    for given, known in ((results, RESULTS), (forms, FORMS)):
        if unknown := [word for word in given if word not in known]:
            raise UsageError(f"there is no {unknown[0]!r}; there are {', '.join(known)}")
    if dtype not in ACCUMULATOR or dtype.startswith("complex"):
        raise UsageError(f"certify works on floating-point dtypes, got {dtype}")
    if batch < 1 or (trials is not None and trials < 1):
        raise UsageError(f"batch and trials must be >= 1, got {batch} and {trials}")
    table = layer_table(layers)
    plan = [
        (layer, result, form)
        for layer in _chosen(table, only)
        for result in results
        for form in forms
        if result == "forward" or not layer.transposed
    ]
    with open_target(target, isolate=isolate, timeout=timeout, memory=memory) as opened:
        whole = Certification(opened.name, opened.version, table, batch, dtype)
        try:
            for done, row in enumerate(_rows(opened, plan, batch, dtype, trials, seed), start=1):
                whole.rows.append(row)
                if progress is not None:
                    progress(row, done, len(plan))
            whole.complete = True
        except KeyboardInterrupt:
            pass
    return whole


def _chosen(table: Table, only: tuple[str, ...]) -> list[Layer]:
    """The layers that some pattern matches; several patterns may stand in one text."""
    patterns = [pattern.strip() for text in only for pattern in text.split(",")] or ["*"]
    for pattern in patterns:
        if not any(fnmatchcase(layer.name, pattern) for layer in table.layers):
            raise UsageError(
                f"no layer of {table.name} is called {pattern!r}; there are"
                f" {', '.join(layer.name for layer in table.layers)}"
            )
    return [layer for layer in table.layers if any(fnmatchcase(layer.name, pattern) for pattern in patterns)]


def _rows(
    target: Target, plan: list[tuple[Layer, str, str]], batch: int, dtype: str, trials: int | None, seed: int
) -> Iterator[Certified]:
    for number, (layer, result, form) in enumerate(plan):
        rng = np.random.default_rng((seed, number))
        yield Job(layer, result, form, batch, dtype).run(target, trials or TRIALS[form], rng)


SPELLED = {
    "forward": "{op}{rank}d",
    "input gradient": "{op}{rank}d_input_grad",
    "weight gradient": "{op}{rank}d_weight_grad",
}


@dataclass(frozen=True)
class Job:
    """One call and its certificate."""

    layer: Layer
    result: str
    form: str
    batch: int
    dtype: str

    @property
    def op(self) -> str:
        """The operation's spelled name."""
        return SPELLED[self.result].format(op=self.layer.operation, rank=self.layer.rank)

    @property
    def case(self) -> Case:
        """The call as a case, to hold it against the claims."""
        layer = self.layer
        shapes: dict[str, Any] = {"x": (self.batch, layer.channels[0], *layer.extents), "w": layer.weight_shape}
        if layer.bias and self.result == "forward":
            shapes["b"] = (layer.channels[1],)
        return Case.build(self.op, shapes, layer.options, dtype=self.dtype)

    def run(self, target: Target, trials: int, rng: np.random.Generator) -> Certified:
        """Call the target, and certify what it gives."""
        case = self.case
        if reason := outside(case, target.claims):
            return self._row(Verdict.UNCLAIMED, message=reason)
        numerics = target.claims.operations[self.op].numerics
        if (algorithm := numerics.get("algorithm", "direct")) != "direct":
            message = f"certificates are for sums that are formed directly, and {algorithm} is declared"
            return self._row(Verdict.VACUOUS, message=message)
        arrays = self.draw(case, rng)
        if not arrays:
            return self._row(Verdict.VACUOUS, message=f"no sum of {self.terms} integers is exact in {self.dtype}")
        seen = target.call(self.op, arrays, case.call_options)
        if seen.kind == "unsupported":
            return self._row(Verdict.UNCLAIMED, message=seen.message)
        if seen.kind != "returned":
            return self._row(ENDINGS[seen.kind], message=seen.message)
        y = seen.outputs[0]
        if y.shape != case.output_shape or y.dtype != dtype_of(self.dtype):
            message = f"the result is {y.dtype} of shape {y.shape}, where {self.dtype} of {case.output_shape} is right"
            return self._row(Verdict.FAILED, message=message)
        how = {"exact": self.form == "exact", "trials": trials, "seed": secrets.randbits(63), "numerics": numerics}
        certificate = self._certify(arrays, y, {**self.layer.options, **how})
        return self._row(Verdict.PASSED if certificate.right else Verdict.FAILED, certificate)

    def _certify(self, arrays: dict[str, Array], y: Array, how: dict[str, Any]) -> Certificate:
        first, second, *bias = arrays.values()
        if self.result == "input gradient":
            return certify_conv_input_grad(first, second, y, **how)
        if self.result == "weight gradient":
            return certify_conv_weight_grad(first, second, y, **how)
        function = certify_conv_transpose if self.layer.transposed else certify_conv
        return function(first, second, y, b=bias[0] if bias else None, **how)

    def draw(self, case: Case, rng: np.random.Generator) -> dict[str, Array]:
        """Normal data, weights of standard deviation $K^{-1/2}$; or integers whose sums are exact, if there are any."""
        terms = self.terms
        dtype = dtype_of(self.dtype)
        if self.form == "exact":
            # half of the range is kept free for the bias; the results must not be rounded either
            high = isqrt(exact_limit(self.dtype, self.dtype) // (2 * terms))
            if not high:
                return {}
            return {name: rng.integers(-high, high + 1, s).astype(dtype) for name, s in case.array_shapes.items()}
        wide = np.float64 if self.dtype == "float64" else np.float32
        arrays = {name: rng.standard_normal(s, dtype=wide) for name, s in case.array_shapes.items()}
        if "w" in arrays:
            arrays["w"] *= wide(terms**-0.5)
        return {name: a.astype(dtype, copy=False) for name, a in arrays.items()}

    @property
    def terms(self) -> int:
        """$K$."""
        layer = self.layer
        if self.result == "weight gradient":
            return self.batch * prod(layer.outputs)
        outer = layer.channels[0] if layer.transposed or self.result == "forward" else layer.channels[1]
        return outer // layer.groups * prod(layer.kernel)

    def _row(self, verdict: Verdict, certificate: Certificate | None = None, message: str = "") -> Certified:
        return Certified(self.layer, self.result, self.form, verdict, certificate, message)
