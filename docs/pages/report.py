"""A report to read: the suite run on a small faulty file, when the site is built."""

from __future__ import annotations

from functools import cache

from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.report.call import run
from cnnspec.report.console import as_text

TARGET = "docs/examples/flipped.py"

VERDICTS = {
    "en": {
        "passed": "The law held on every case that could tell.",
        "failed": "It did not hold on at least one case.",
        "crashed": "A call ended the process.",
        "timeout": "A call did not come back within the time limit.",
        "refused": "The target rejected a call inside its claims.",
        "unclaimed": "Nothing that the law speaks of is claimed.",
        "expected": "It failed, and the file of known failures says so.",
        "unexpected_pass": "The file of known failures says that it fails, and it holds.",
        "vacuous": "It ran and could not have failed, so it says nothing.",
        "flaky": "The same case had two outcomes.",
        "error": "The suite itself failed; the run is incomplete.",
    },
    "zh": {
        "passed": "凡是能够判断的用例，定律都成立。",
        "failed": "至少有一个用例不成立。",
        "crashed": "某次调用使进程终止。",
        "timeout": "某次调用在时限内没有返回。",
        "refused": "目标拒绝了一次声明范围之内的调用。",
        "unclaimed": "定律涉及的东西都没有声明。",
        "expected": "失败了，而已知失败的文件里写着它。",
        "unexpected_pass": "已知失败的文件说它会失败，它却成立了。",
        "vacuous": "运行了，但不可能失败，所以什么也说明不了。",
        "flaky": "同一个用例出现了两种结果。",
        "error": "测试程序自身出错，运行不完整。",
    },
}
CODES = {
    "en": (
        "conforms",
        "does not conform",
        "wrong usage",
        "the target cannot be loaded",
        "incomplete: interrupted, or a part that did not run",
        "only known failures that have gone stale",
    ),
    "zh": (
        "符合规范",
        "不符合规范",
        "用法错误",
        "目标无法加载",
        "不完整：被打断，或有一部分没有运行",
        "只有已经过时的已知失败",
    ),
}
HEADS = {"en": ("verdict", "meaning", "counts against the target"), "zh": ("判定", "含义", "算目标的错吗")}
YES = {"en": ("no", "yes"), "zh": ("不算", "算")}
CODE_HEADS = {"en": ("exit code", "meaning"), "zh": ("退出码", "含义")}


@cache
def sample() -> str:
    """What ``cnnspec check`` prints about the file."""
    return as_text(run(TARGET, profile="core", cases=60, isolate="none"))


def verdicts(language: str) -> str:
    """Every verdict with its meaning, as a Markdown table."""
    head = HEADS[language]
    lines = [f"| {head[0]} | {head[1]} | {head[2]} |", "|---|---|---|"]
    lines += [f"| `{v}` | {VERDICTS[language][v]} | {YES[language][v in BAD]} |" for v in Verdict]
    return "\n".join(lines)


def codes(language: str) -> str:
    """The exit codes, as a Markdown table."""
    lines = [f"| {CODE_HEADS[language][0]} | {CODE_HEADS[language][1]} |", "|---|---|"]
    return "\n".join([*lines, *(f"| {code} | {words} |" for code, words in enumerate(CODES[language]))])
