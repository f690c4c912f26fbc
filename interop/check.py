"""One tool against the files that kura-ts wrote.

    python check.py <tool> <folder>

Reads <folder>/ours/<set>/<checkpoint>.jsonl, compares each with <folder>/expected/<set>/<checkpoint>.json, and saves each anew as
<folder>/theirs/<tool>/<set>/<checkpoint>.jsonl, and what Python's json module finds in that as <folder>/truth/….json, for the other
side to compare. Prints one JSON line per finding: {"set", "checkpoint", "what", "ok", "note"}; what is "reads", "writes", "same bytes" or
"skipped": expectations name the tools that cannot hold a file, and why: {"unfit": {"<tool>": "<reason>"}}, where
{"before": "<version>", "reason": "<reason>"} is of earlier versions only.
"""

import contextlib
import importlib.metadata
import json
import os
import sys

from packaging.version import Version

from compare import difference, tagged_file
from tools import TOOLS, Unavailable, version_of


def main(tool, folder):
    report({"tool": tool, "version": version_of(tool), "how": TOOLS[tool].how})
    try:
        with quiet():
            opened = TOOLS[tool]()
    except Unavailable as error:
        report({"skipped": str(error)})
        return
    for set_name in sorted(os.listdir(os.path.join(folder, "ours"))):
        for file in sorted(os.listdir(os.path.join(folder, "ours", set_name))):
            if file.endswith(".jsonl"):
                check(tool, opened, folder, set_name, file.removesuffix(".jsonl"))
    if tool == "kura":
        author(opened, folder)


def check(tool, opened, folder, set_name, checkpoint):
    def say(what, ok, note=""):
        report({"set": set_name, "checkpoint": checkpoint, "what": what, "ok": ok, "note": note})

    source = os.path.join(folder, "ours", set_name, checkpoint + ".jsonl")
    with open(os.path.join(folder, "expected", set_name, checkpoint + ".json"), encoding="utf-8") as file:
        expected = json.load(file)
    limit = limit_of(tool, expected["unfit"])
    if limit is not None:
        say("skipped", None, limit)
        return
    try:
        with quiet():
            rows = opened.read(source, checkpoint)
        found = rows_difference(expected["rows"], rows)
        say("reads", found is None, found or f"{len(rows)} rows")
    except Exception as error:
        say("reads", False, one_line(error))
        return
    target = os.path.join(folder, "theirs", tool, set_name, checkpoint + ".jsonl")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        with quiet():
            opened.rewrite(source, target, checkpoint)
        tell_truth(folder, tool, set_name, checkpoint)
    except Exception as error:
        say("writes", False, one_line(error))
        return
    if tool == "kura":
        same = read_bytes(source) == read_bytes(target)
        say("same bytes", same, "" if same else first_difference(read_bytes(source), read_bytes(target)))


def limit_of(tool, unfit):
    """Why the tool cannot hold the file, or None."""
    limit = unfit.get(tool)
    if not isinstance(limit, dict):
        return limit
    installed = Version(importlib.metadata.version(TOOLS[tool].package))
    return limit["reason"] if installed < Version(limit["before"]) else None


def author(opened, folder):
    """Files that owe nothing to ours: Kura's own models, saved by Kura's own manager."""
    from kura_rows import kura_rows

    target = os.path.join(folder, "theirs", "kura", "authored")
    os.makedirs(target, exist_ok=True)
    for checkpoint, rows in kura_rows(opened.models).items():
        opened.manager(target).save_checkpoint(checkpoint, rows)
        tell_truth(folder, "kura", "authored", checkpoint)


def tell_truth(folder, tool, set_name, checkpoint):
    path = os.path.join(folder, "truth", tool, set_name, checkpoint + ".json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(tagged_file(os.path.join(folder, "theirs", tool, set_name, checkpoint + ".jsonl")), file)


def rows_difference(expected, rows):
    if len(rows) != len(expected):
        return f"{len(expected)} rows became {len(rows)}"
    found = (difference(wanted, got, f"row {i}") for i, (wanted, got) in enumerate(zip(expected, rows)))
    return next((text for text in found if text is not None), None)


def first_difference(ours, theirs):
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    return f"at byte {at}: {ours[at - 20:at + 20]!r} became {theirs[at - 20:at + 20]!r}"


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def one_line(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


@contextlib.contextmanager
def quiet():
    """Tools that talk on standard output would be taken for findings."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def report(finding):
    print(json.dumps(finding), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
