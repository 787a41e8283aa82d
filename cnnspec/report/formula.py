"""Markdown math as plain text, for a terminal: ``\\sum_c`` becomes Σ_c, ``\\lfloor`` ⌊."""

from __future__ import annotations

import re

SIGNS = {
    "sum": "Σ", "prod": "Π", "cdot": "·", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "in": "∈",
    "notin": "∉", "infty": "∞", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lvert": "|",
    "rvert": "|", "to": "→", "leftarrow": "←", "rightarrow": "→", "mapsto": "↦", "dots": "…", "ldots": "…",
    "cdots": "…", "pm": "±", "mid": " | ", "bigl": "", "bigr": "", "left": "", "right": "", "quad": "   ",
    "qquad": "   ", "langle": "⟨", "rangle": "⟩", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ",
    "eta": "η", "eps": "ε", "epsilon": "ε", "varepsilon": "ε", "sigma": "σ", "tau": "τ", "lambda": "λ",
    "mu": "μ", "pi": "π", "partial": "∂", "nabla": "∇", "circ": "∘", "ast": "∗", "star": "⋆", "equiv": "≡",
    "forall": "∀", "exists": "∃", "setminus": "∖", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩",
    "emptyset": "∅", "varphi": "φ", "phi": "φ", "theta": "θ", "sqrt": "√", "Rightarrow": "⇒",
    "Leftrightarrow": "⇔", "iff": "⇔", "implies": "⇒", "neg": "¬", "land": "∧", "lor": "∨",
}  # fmt: skip
"""Commands that stand for one sign."""

SMALL = {",": " ", ";": " ", ":": " ", "!": "", " ": " ", "{": "{", "}": "}", "|": "‖", "_": "_", "%": "%", "#": "#"}


def plain_math(text: str) -> str:
    """A formula in Markdown math as one line of text.

    Examples
    --------
    >>> plain_math("$m = \\\\lfloor (N - k') / s \\\\rfloor + 1$")
    "m = ⌊(N - k') / s⌋ + 1"
    >>> plain_math("$|\\\\hat y - y| \\\\le \\\\frac{a}{b + c}, \\\\operatorname{conv}(x)$")
    '|ŷ - y| ≤ a/(b + c), conv(x)'
    """
    text = re.sub(r"\$\$?", "", text)
    text = re.sub(r"\\(?:operatorname|mathrm|mathbb|text|mathbf|mathit|textrm)\*?\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\(?:hat|widehat)\s*\{?(\w)\}?", lambda m: {"y": "ŷ", "w": "ŵ"}.get(m[1], m[1] + "\u0302"), text)
    text = re.sub(r"\\bar\s*\{?(\w)\}?", lambda m: m[1] + "\u0304", text)
    text = re.sub(r"\\overline\{([^{}]*)\}", r"conj(\1)", text)
    text = re.sub(r"\\frac(\w)(\w)", r"\1/\2", text).replace("{}", "")
    for _ in range(3):
        text = re.sub(r"\\(?:t|d)?frac\{([^{}]*)\}\{([^{}]*)\}", lambda m: f"{_grouped(m[1])}/{_grouped(m[2])}", text)
    text = re.sub(r"\\(?:b|p)mod\b", "mod", text)
    text = re.sub(r"\\([A-Za-z]+) ?", _sign, text)
    text = re.sub(r"\\(.)", lambda m: SMALL.get(m[1], m[1]), text)
    text = re.sub(r"([_^])\{(\w+)\}", r"\1\2", text)
    text = re.sub(r"([_^])\{([^{}]*)\}", r"\1(\2)", text)
    text = re.sub(r"([⌊⌈⟨(]) ", r"\1", text)
    return re.sub(r" ([⌋⌉⟩)])", r"\1", re.sub(r" {2,}", " ", text)).strip()


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[\w\\']+", text.strip()) else f"({text.strip()})"


def _sign(match: re.Match[str]) -> str:
    sign = SIGNS.get(match[1], match[1])
    return f"{sign} " if match[0].endswith(" ") and sign not in ("⌊", "⌈", "⟨", "|", "") else sign
