"""The words of the computed pages, in both languages."""

from __future__ import annotations

CHAPTER_WORDS = {
    "en": {
        "purity": "What a call leaves behind",
        "unusual": "Unusual calls",
        "shape": "Shapes and refusals",
        "extents": "Extents, counted",
        "correlation": "The convolution layer",
        "signal": "Convolution and correlation of signals",
        "padding": "Padding",
        "pooling": "Pooling",
        "pooling_edges": "Pooling at its edges",
        "activation": "Activation",
        "translation": "Translation",
        "special": "NaN, infinities, empty arrays",
        "transpose": "The transposed convolution",
        "gradients": "Gradients",
        "backward": "Gradients beside the windows",
        "adjoints": "Adjoints",
        "structure": "Structure and stacks",
        "learning": "Learned kernels",
        "quantised": "Quantised convolution",
        "declared": "Declared arithmetic",
        "arguments": "Arguments that mean nothing",
    },
    "zh": {
        "purity": "调用留下什么",
        "unusual": "少见的调用",
        "shape": "形状与拒绝",
        "extents": "数出来的长度",
        "correlation": "卷积层",
        "signal": "信号的卷积与互相关",
        "padding": "填充",
        "pooling": "汇聚",
        "pooling_edges": "汇聚的边界情形",
        "activation": "激活",
        "translation": "平移",
        "special": "NaN、无穷与空数组",
        "transpose": "转置卷积",
        "gradients": "梯度",
        "backward": "窗口之外的梯度",
        "adjoints": "伴随",
        "structure": "结构与层叠",
        "learning": "学到的卷积核",
        "quantised": "量化卷积",
        "declared": "声明的运算方式",
        "arguments": "没有意义的参数",
    },
}
"""The headings of the chapters."""

LANE_WORDS = {
    "en": {
        "purity": ("purity", "what a call leaves behind, besides its result"),
        "shape": ("shape", "the shape of the result"),
        "exact": ("exact", "every element, with tolerance 0, on integers whose sums are all exact"),
        "gradient": ("gradient", "forward and backward results against each other, exactly"),
        "bounded": ("bounded", "every element, within an error bound that is derived from its sum"),
        "special": ("special", "NaN, infinities, zeros and empty arrays"),
        "metamorphic": ("metamorphic", "two calls of the target against each other"),
        "reject": ("reject", "that a call without meaning is refused"),
        "proof": ("proof", "the specification with itself; no target is asked"),
    },
    "zh": {
        "purity": ("纯净", "除结果之外，调用还留下什么"),
        "shape": ("形状", "结果的形状"),
        "exact": ("精确", "用各部分和都精确的整数，逐个元素比较，容差为 0"),
        "gradient": ("梯度", "前向与反向的结果互相对照，严格相等"),
        "bounded": ("有界", "逐个元素比较，误差界由它的求和式推导"),
        "special": ("特殊值", "NaN、无穷、零与空数组"),
        "metamorphic": ("对照", "被检查的实现自己的两次调用互相对照"),
        "reject": ("拒绝", "没有意义的调用是否被拒绝"),
        "proof": ("证明", "规范自身的两种说法互相对照，不问任何实现"),
    },
}
"""The name of each lane, and what its laws compare."""

LAW_PAGE = {
    "en": {
        "operations": "Speaks of",
        "every": "every operation",
        "but": " but {}",
        "needs": "; where {} is claimed",
        "lane": "Lane",
        "colon": ": ",
        "example": "By hand",
        "mutants": "Must catch",
        "false": "False, though it sounds alike",
        "refuted": "“{claim}” {left}: `{a}`; {right}: `{b}`",
        "source": "Source",
        "box": "Often said, and false",
        "lanes": ("lane", "what is compared", "laws"),
    },
    "zh": {
        "operations": "涉及",
        "every": "所有算子",
        "but": "（{} 除外）",
        "needs": "；声明了 {} 时",
        "lane": "检查方式",
        "colon": "：",
        "example": "手算例子",
        "mutants": "必须抓出",
        "false": "听上去相似，其实不成立",
        "refuted": "“{claim}”{left}：`{a}`；{right}：`{b}`",
        "source": "出处",
        "box": "常听到，却不成立",
        "lanes": ("检查方式", "比较什么", "定律数"),
    },
}
"""The labels on the page of laws."""

TABLE_PAGE = {
    "en": {
        "head": ("law", "definition", "by hand", "test", "must catch"),
        "theorem": "refutes: ",
        "missing": "**missing**",
    },
    "zh": {
        "head": ("定律", "定义", "手算", "测试", "必须抓出"),
        "theorem": "反例：",
        "missing": "**缺**",
    },
}
"""The labels on the table of laws."""

OPERATION_PAGE = {
    "en": {
        "laws": "**Laws**",
        "every": "and [those of every call][laws-purity].",
        "colon": " ",
        "source": "The definition, as it runs: {name} in {path}",
        "here": "here",
        "function": "function",
        "fault": "what went wrong",
        "seen": "for example in",
        "reports": "{} faults that were reported",
    },
    "zh": {
        "laws": "**定律**",
        "every": "以及[对每次调用都适用的定律][laws-purity]。",
        "colon": " ",
        "source": "定义，原样照录：{path} 里的 {name}",
        "here": "这里",
        "function": "函数",
        "fault": "错在哪里",
        "seen": "例如",
        "reports": "有人报告过的 {} 种错误",
    },
}
"""The labels on the pages of operations."""

FORMULA_WORDS = {
    r"0 \text{ outside } z": r"z \text{ 之外为 } 0",
    r"\text{otherwise}": r"\text{其余}",
    r"\text{first } t \in R_i \text{ with }": r"R_i \text{ 中第一个满足下式的 } t:\ ",
    r"\text{with count\_include\_pad}": r"\text{填充计入}",
    r"\text{without}": r"\text{不计入}",
    r"x \text{ is NaN}": r"x \text{ 为 NaN}",
    r"\text{ real}": r"\text{ 真实}",
    r"\text{no such } j": r"\text{没有这样的 } j",
    r"t \text{ has the flat index } \mathrm{indices}[b, c, i]": r"t \text{ 的展平索引是 } \mathrm{indices}[b, c, i]",
    r"\text{no } i \text{ names } t": r"\text{没有 } i \text{ 指向 } t",
    r"\text{ and }": r"\text{ 且 }",
    r"\text{ for all } j": r"\text{ 对所有 } j",
}
"""The words in formulas."""
