"""One tool against the files that kura-ts wrote.

    python check.py <tool> <folder>

For each format that the tool reads: reads <folder>/<format>/ours/<set>/<checkpoint>.<extension>, compares each with
expected/<set>/<checkpoint>.json beside ours, and saves each anew as theirs/<tool>/<set>/<checkpoint>.<extension>, and what Python's json
module or pyarrow finds in that as truth/….json, for the other side to compare. Prints one JSON line per finding: {"format", "set",
"checkpoint", "what", "ok", "note"}; what is "reads", "writes", "same bytes" or "skipped": expectations name the tools that cannot hold a
file, and why: {"unfit": {"<tool>": [{"reason", …}]}}; rows.mjs says what else is in a limit.
"""

import contextlib
import importlib.metadata
import json
import os
import sys

from packaging.version import Version

from compare import difference, tagged_file
from tools import TOOLS, Unavailable, version_of

# Sets that are called after a codec, and pyarrow's name for it.
CODECS = {"gzip": "GZIP", "brotli": "BROTLI", "lz4": "LZ4", "zstd": "ZSTD", "none": "UNCOMPRESSED"}


def main(tool, folder, *formats):
    report({"tool": tool, "version": version_of(tool), "how": TOOLS[tool].how})
    try:
        with quiet():
            opened = TOOLS[tool]()
    except Unavailable as error:
        report({"skipped": str(error)})
        return
    for format in opened.how:
        if formats and format not in formats:
            continue
        for set_name in sorted(os.listdir(os.path.join(folder, format, "ours"))):
            for file in sorted(os.listdir(os.path.join(folder, format, "ours", set_name))):
                if file.endswith((".jsonl", ".parquet")) or (format == "hf" and not file.startswith(".")):
                    check(tool, opened, os.path.join(folder, format), set_name, file)
        if tool == "kura":
            author(opened, os.path.join(folder, format))


def check(tool, opened, folder, set_name, file_name):
    checkpoint, extension = os.path.splitext(file_name)

    def say(what, ok, note=""):
        format = os.path.basename(folder)
        report({"format": format, "set": set_name, "checkpoint": checkpoint, "what": what, "ok": ok, "note": note})

    source = os.path.join(folder, "ours", set_name, file_name)
    with open(os.path.join(folder, "expected", set_name, checkpoint + ".json"), encoding="utf-8") as file:
        expected = json.load(file)
    limit = limit_of(tool, expected["unfit"])
    if limit is not None and "writing" not in limit:
        say("skipped", None, limit["reason"])
        return
    try:
        with quiet():
            check_codec(set_name, source)
            rows = opened.read(source, checkpoint)
        found = rows_difference(expected["rows"], rows)
        say("reads", found is None, found or f"{len(rows)} rows")
    except Exception as error:
        say("reads", False, one_line(error))
        return
    if limit is not None:
        say("skipped", None, limit["reason"])
        return
    target = os.path.join(folder, "theirs", tool, set_name, file_name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        with quiet():
            opened.rewrite(source, target, checkpoint, set_name if set_name in CODECS else None)
            check_codec(set_name, target)
        tell_truth(opened, folder, tool, set_name, file_name)
    except Exception as error:
        say("writes", False, one_line(error))
        return
    if tool == "kura" and extension == ".jsonl":
        same = read_bytes(source) == read_bytes(target)
        say("same bytes", same, "" if same else first_difference(read_bytes(source), read_bytes(target)))


def limit_of(tool, unfit):
    """Why the tool cannot hold the file, or None."""

    def holds(limit):
        installed = Version(importlib.metadata.version(limit.get("package", TOOLS[tool].package)))
        return Version(limit.get("from", "0")) <= installed and ("before" not in limit or installed < Version(limit["before"]))

    return next(filter(holds, unfit.get(tool, [])), None)


def author(opened, folder):
    """Files that owe nothing to ours: Kura's own models, saved by Kura's own manager."""
    from kura_rows import kura_rows

    target = os.path.join(folder, "theirs", "kura", "authored")
    os.makedirs(target, exist_ok=True)
    extension = {"jsonl": ".jsonl", "hf": ""}.get(os.path.basename(folder), ".parquet")
    for checkpoint, rows in kura_rows(opened.models).items():
        if extension == ".parquet" and checkpoint == "embeddings":
            continue  # Its Parquet manager knows Kura's own models only, and this one is ours.
        if extension == "":
            rows = opened.storable(checkpoint, rows)
        if not rows:
            continue
        opened.save(os.path.join(target, checkpoint + extension), rows)
        tell_truth(opened, folder, "kura", "authored", checkpoint + extension)


def tell_truth(opened, folder, tool, set_name, file_name):
    path = os.path.join(folder, "truth", tool, set_name, os.path.splitext(file_name)[0] + ".json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    saved = os.path.join(folder, "theirs", tool, set_name, file_name)
    # What Kura has of what it saved there is less than what it was given, and all there is.
    truth = json.dumps(opened.dataset_truth(saved, file_name) if tool == "kura" and os.path.isdir(saved) else tagged_file(saved))
    with open(path, "w", encoding="utf-8") as file:
        file.write(truth)


def check_codec(set_name, path):
    """A set that is called after a codec tries it only if its files have it."""
    if set_name not in CODECS:
        return
    from pyarrow.parquet import ParquetFile

    group = ParquetFile(path).metadata.row_group(0)
    found = {group.column(i).compression for i in range(group.num_columns)}
    if CODECS[set_name] not in found:
        raise ValueError(f"{path} is compressed with {found}")


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
    main(*sys.argv[1:])
