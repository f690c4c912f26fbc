"""Compares what a tool gave with what JavaScript meant.

Expected values are written as [kind, payload]: ["null"], ["bool", true], ["text", "…"], ["num", "1e-7"], ["time", "…"],
["list", […]], ["dict", [[key, value], …]], ["f32", ["0.5", …]]. Nothing is equal by accident: True is not 1, "" is not null,
[] is not null. Allowed, because tables cannot tell them apart: an absent field of a dict is null, an integral float is an integer,
null numbers are NaN in pandas, a time is the same instant, DuckDB's UUID is its text.
"""

import json
import math
import os
import struct
import uuid
from datetime import datetime, timezone

# A Parquet file may have these as JSON texts; the metadata always, the others where Python's Kura is to read it.
JSON_COLUMNS = {"metadata", "messages", "languages", "assistant_errors", "chat_ids"}


def difference(expected, got, path="row"):
    """None when equal, else a sentence."""
    kind = expected[0]
    if hasattr(got, "tolist") and not isinstance(got, (str, bytes)):
        got = got.tolist()
    if kind == "null":
        return None if is_null(got) else told(path, "null", got)
    value = expected[1]
    if kind == "bool":
        return None if isinstance(got, bool) and got == value else told(path, value, got)
    if kind == "text":
        got = str(got) if isinstance(got, uuid.UUID) else got
        return None if isinstance(got, str) and got == value else told(path, value, got)
    if kind == "num":
        return None if same_number(value, got) else told(path, value, got)
    if kind == "time":
        return None if same_time(value, got) else told(path, value, got)
    if kind == "f32":
        if isinstance(got, list) and list(map(float32, got)) == [float32(float(number)) for number in value]:
            return None
        return told(path, f"{len(value)} float32 values", got)
    if kind == "list":
        return list_difference(value, got, path)
    return dict_difference(value, got, path)


def list_difference(items, got, path):
    if isinstance(got, (str, bytes)):
        got = parsed(got)
    if not isinstance(got, (list, tuple)) or len(got) != len(items):
        return told(path, f"a list of {len(items)}", got)
    return first(difference(item, got[i], f"{path}[{i}]") for i, item in enumerate(items))


def dict_difference(entries, got, path):
    if isinstance(got, (str, bytes)):
        got = parsed(got)
    if isinstance(got, list) and all(isinstance(entry, tuple) and len(entry) == 2 for entry in got):
        got = dict(got)
    if got is None and all(is_nothing(item) for _, item in entries):
        return None
    if not isinstance(got, dict):
        return told(path, "an object", got)
    unexpected = [key for key, item in got.items() if not is_null(item) and key not in {key for key, _ in entries}]
    if unexpected:
        return told(path, "no such field", unexpected)
    return first(difference(item, got.get(key), f"{path}.{key}") for key, item in entries)


def is_nothing(item):
    return item[0] == "null" or item == ["dict", []]


def is_null(got):
    return got is None or (isinstance(got, float) and math.isnan(got)) or str(got) in ("<NA>", "NaT")


def same_number(spelled, got):
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return False
    if not any(sign in spelled for sign in ".eE"):
        return got == int(spelled)
    return got == float(spelled) and math.copysign(1, got) == math.copysign(1, float(spelled))


def same_time(spelled, got):
    if isinstance(got, str) and got == spelled:
        return True
    if isinstance(got, str):
        got = parse_time(got)
    if hasattr(got, "to_pydatetime"):
        got = got.to_pydatetime()
    return isinstance(got, datetime) and utc(got) == utc(parse_time(spelled))


def parse_time(text):
    return datetime.fromisoformat(text)


def utc(time):
    """A tool's naive time stands for UTC where the text had an offset, and for itself where it had none."""
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


def float32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def first(differences):
    return next((found for found in differences if found is not None), None)


def told(path, wanted, got):
    return f"{path}: {str(wanted)[:60]!r} became {str(got)[:80]!r}"


def tagged(value):
    """What Python itself reads, in the same notation; numbers of JSON keep their spelling."""
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, Number):
        return ["num", value.spelled]
    if isinstance(value, (int, float)):
        return ["num", repr(value)]
    if isinstance(value, str):
        return ["text", value]
    if isinstance(value, list):
        return ["list", [tagged(item) for item in value]]
    if isinstance(value, datetime):
        return ["time", value.isoformat()]
    return ["dict", [[key, tagged(item)] for key, item in value.items()]]


class Number:
    def __init__(self, spelled):
        self.spelled = spelled


def tagged_file(path):
    """By Python's json module, or by pyarrow."""
    rows = stream_rows(path) if os.path.isdir(path) else parquet_rows(path) if path.endswith(".parquet") else json_rows(path)
    return [tagged(row) for row in rows]


def json_rows(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [spelled_json(line) for line in file]


def parquet_rows(path):
    from pyarrow.parquet import ParquetFile

    def opened(name, value):
        return spelled_json(value) if name in JSON_COLUMNS and isinstance(value, (str, bytes)) else value

    rows = ParquetFile(path).read().to_pylist()
    return [{name: opened(name, value) for name, value in row.items()} for row in rows]


def stream_rows(path):
    """Of a directory of `save_to_disk`."""
    import pyarrow

    with open(os.path.join(path, "state.json"), encoding="utf-8") as file:
        shards = [os.path.join(path, listed["filename"]) for listed in json.load(file)["_data_files"]]
    for shard in shards:
        with pyarrow.OSFile(shard, "rb") as source:
            for row in pyarrow.ipc.open_stream(source).read_all().to_pylist():
                yield from_pairs(row, spelled_json)


def from_pairs(row, parse=json.loads):
    """Metadata is kept as keys and values, which are JSON texts; of what is no object there is one value."""
    pairs = row.get("metadata")
    if not isinstance(pairs, dict) or set(pairs) != {"keys", "values"}:
        return row
    keys, values = pairs["keys"], [parse(value) for value in pairs["values"]]
    return {**row, "metadata": values[0] if keys is None else dict(zip(keys, values))}


def spelled_json(text):
    return json.loads(text, parse_int=Number, parse_float=Number)
