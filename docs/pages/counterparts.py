"""Which pages lack their counterpart in the other language, and which are older than it: a list for translators.

``python -m docs.pages.counterparts`` prints it, from the dates of the last commits; nothing is judged by it, since a
comma that is mended in one language leaves the other as good as it was.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from docs.pages.decisions import notes, summary

ROOT = Path(__file__).parent.parent.parent
LANGUAGES = ("en", "zh")


def missing(docs: Path) -> list[str]:
    """Pages that only one language has."""
    have = {lang: {p.relative_to(docs / lang).as_posix() for p in (docs / lang).rglob("*.md")} for lang in LANGUAGES}
    return [
        f"{language}/{name}"
        for language, other in (LANGUAGES, LANGUAGES[::-1])
        for name in sorted(have[other] - have[language])
    ]


def older(docs: Path) -> list[str]:
    """Pages whose last commit is before that of their counterpart, with the subjects of what they lack."""
    found = []
    for page in sorted((docs / "en").rglob("*.md")):
        pair = [page, docs / "zh" / page.relative_to(docs / "en")]
        if not pair[1].exists():
            continue
        last = [_git(docs, "log", "-1", "--format=%H", "--", str(path)) for path in pair]
        if "" in last or last[0] == last[1]:
            continue
        behind = 0 if _git(docs, "merge-base", *last) == last[0] else 1
        since = _git(docs, "log", "--format=%s", f"{last[behind]}..HEAD", "--", str(pair[1 - behind]))
        found.append(f"{pair[behind].relative_to(docs).as_posix()}: {'; '.join(since.splitlines())}")
    return found


def untold() -> list[str]:
    """Decisions without a fresh Chinese summary, with the digest that it is to carry."""
    return [f"{note.number}: {note.title} (of = {note.digest!r})" for note in notes() if summary(note) is None]


def _git(folder: Path, *words: str) -> str:
    answer = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def main() -> None:
    """Print the three lists."""
    docs = ROOT / "docs"
    lists = (
        ("missing", missing(docs)),
        ("older than its counterpart", older(docs)),
        ("decisions without a Chinese summary", untold()),
    )
    for title, lines in lists:
        print(f"{title}: {len(lines)}")
        print("".join(f"  {line}\n" for line in lines), end="")


if __name__ == "__main__":
    main()
