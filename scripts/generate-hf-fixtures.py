# /// script
# requires-python = ">=3.11"
# dependencies = ["datasets==5.2.0", "pyarrow==26.0.1", "polars==2.1.0", "kura==0.5.2"]
# ///
"""Writes test/fixtures/hf-dataset/<name>/ with every tool that writes such directories or Arrow streams, and beside each <name>.json: what
its rows are.

The rows are those that were given to the tool, not what it reads back. Values that JSON has not are texts, as kura-ts makes them:
timestamps in ISO 8601, decimals by their digits, bytes as base64. NaN and infinities are {"float": "nan"}.

Run, in an environment of each version of datasets (2.21.0, 3.6.0, 4.0.0, 5.2.0; kura needs 3.6.0):

    python scripts/generate-hf-fixtures.py datasets        python scripts/generate-hf-fixtures.py pyarrow polars kura
"""

import datetime as dt
import importlib.metadata
import json
import math
import shutil
import sys
import types
from decimal import Decimal
from pathlib import Path

from fixture_values import expect

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "hf-dataset"
UTC = dt.timezone.utc
STATE = {
    "_fingerprint": "0123456789abcdef",
    "_format_columns": None,
    "_format_kwargs": {},
    "_format_type": None,
    "_output_all_columns": False,
    "_split": None,
}


def folder(name):
    path = OUT / name
    shutil.rmtree(path, ignore_errors=True)
    return path


def by_hand(name, shards, state=STATE, info={"features": None}):
    """A directory around streams that somebody wrote."""
    path = folder(name)
    path.mkdir(parents=True)
    for file_name, write in shards.items():
        (path / file_name).parent.mkdir(exist_ok=True)
        write(path / file_name)
    listed = {**state, "_data_files": [{"filename": file_name} for file_name in shards]}
    (path / "state.json").write_text(json.dumps(listed, indent=2), encoding="utf-8")
    (path / "dataset_info.json").write_text(json.dumps(info, indent=2), encoding="utf-8")


TEXTS = ["", "a", "Grüße", "日本語", "🦆 and more", None, "line\nbreak", "x" * 300]


def with_datasets():
    import datasets
    from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value

    datasets.disable_progress_bars()
    version = "datasets-" + ".".join(datasets.__version__.split(".")[:2])
    major = int(datasets.__version__.split(".")[0])
    features = {
        "id": Value("int64"),
        "text": Value("string"),
        "flag": Value("bool"),
        "tiny": Value("int8"),
        "unsigned": Value("uint32"),
        "single": Value("float32"),
        "double": Value("float64"),
        "large": Value("large_string"),
        "blob": Value("binary"),
        "nanos": Value("timestamp[ns]"),
        "instant": Value("timestamp[us, tz=UTC]"),
        "seconds": Value("timestamp[s]"),
        "day": Value("date32"),
        "time": Value("time64[us]"),
        "price": Value("decimal128(10, 2)"),
        "label": ClassLabel(names=["neg", "pos"]),
        "tags": Sequence(Value("string")),
        "labels": Sequence(ClassLabel(names=["a", "b", "c"])),
        "pair": Sequence(Value("float32"), length=2),
        "struct": {"a": Value("int32"), "deep": {"b": Value("string")}},
        # What 4 and later do not know any more, as they write it themselves.
        "messages": [{"role": Value("string"), "at": Value("timestamp[ns]")}],
        "nested": Sequence(Sequence(Value("int32"))),
        "grid": datasets.Array2D(shape=(2, 2), dtype="float32"),
    }
    if major < 4:
        features["columns"] = Sequence({"x": Value("int32"), "name": ClassLabel(names=["p", "q"])})
    moment = dt.datetime(2025, 6, 30, 12, 0, 0, 123456)
    rows = []
    for n in range(12):
        row = {
            "id": n - 3,
            "text": TEXTS[n % len(TEXTS)],
            "flag": None if n % 5 == 4 else n % 2 == 0,
            "tiny": None if n == 3 else n - 6,
            "unsigned": 2**32 - 1 - n,
            "single": n / 4,
            "double": None if n == 1 else n / 7,
            "large": "large" * n,
            "blob": bytes(range(n)),
            "nanos": None if n == 2 else moment + dt.timedelta(microseconds=n),
            "instant": (moment + dt.timedelta(days=n)).replace(tzinfo=UTC),
            "seconds": dt.datetime(2025, 6, 30, 12, 0, n),
            "day": dt.date(2025, 6, n + 1),
            "time": dt.time(12, n, 3, 4000),
            "price": Decimal(n * 100 - 250) / Decimal(100),
            "label": None if n == 5 else n % 2,
            "tags": None if n == 7 else ["a", None, ""][: n % 4],
            "labels": [0, 2, 1][: n % 4],
            "pair": [n / 2, -n / 2],
            "struct": {"a": n, "deep": {"b": None if n % 3 else "x"}},
            "messages": [{"role": "user", "at": moment}, {"role": None, "at": None}][: n % 3],
            "nested": [[1, n], []][: n % 3],
            "grid": [[1.5, n], [0.0, -1.0]],
        }
        if major < 4:
            row["columns"] = [{"x": n, "name": 0}, {"x": -n, "name": 1}][: n % 3]
        rows.append(row)

    dataset = Dataset.from_list(rows, features=Features(features))
    # As save_to_disk does with what fills several batches, in a few bytes.
    path = folder(f"{version}-kinds")
    dataset.save_to_disk(str(path), num_shards=2)
    state = json.loads((path / "state.json").read_text())
    (path / "state.json").write_text(json.dumps({**state, "_of_tomorrow": {"x": [1]}}, indent=2, sort_keys=True))

    def meant(row):
        two = {**row}
        two["price"] = f"{row['price']:.2f}"
        two["seconds"] = row["seconds"].isoformat()
        two["label"] = None if row["label"] is None else ["neg", "pos"][row["label"]]
        two["labels"] = [["a", "b", "c"][label] for label in row["labels"]]
        if major < 4:
            two["columns"] = {
                "x": [one["x"] for one in row["columns"]],
                "name": [["p", "q"][one["name"]] for one in row["columns"]],
            }
        return two

    expect(OUT, f"{version}-kinds", map(meant, rows))

    splits = {"train": [{"n": 1}, {"n": 2}], "test": [{"n": 3}]}
    DatasetDict({name: Dataset.from_list(rows) for name, rows in splits.items()}).save_to_disk(str(folder(f"{version}-dict")))
    expect(OUT, f"{version}-dict", splits["train"])
    DatasetDict({"only": Dataset.from_list([{"n": 5}])}).save_to_disk(str(folder(f"{version}-dict-of-one")))
    expect(OUT, f"{version}-dict-of-one", [{"n": 5}])
    Dataset.from_dict({"a": [], "b": []}, features=Features({"a": Value("int64"), "b": [{"c": Value("string")}]})).save_to_disk(
        str(folder(f"{version}-empty"))
    )
    expect(OUT, f"{version}-empty", [])


def with_pyarrow():
    import pyarrow as pa
    from pyarrow import ipc

    def stream(tables, **options):
        def write(path):
            with pa.OSFile(str(path), "wb") as sink, ipc.new_stream(sink, tables[0].schema, options=ipc.IpcWriteOptions(**options)) as writer:
                for table in tables:
                    writer.write_table(table)

        return write

    def save(name, tables, rows=None, files=("data-00000-of-00001.arrow",), **options):
        tables = tables if isinstance(tables, list) else [tables]
        by_hand(f"pyarrow-{name}", {file: stream(tables, **options) for file in files})
        expect(OUT, f"pyarrow-{name}", rows if rows is not None else [row for _ in files for table in tables for row in table.to_pylist()])

    moment = dt.datetime(2025, 6, 30, 12, 0, 0, 123456)
    kinds = pa.table(
        {
            "null": pa.nulls(3),
            "u8": pa.array([0, 255, None], pa.uint8()),
            "i16": pa.array([-(2**15), None, 5], pa.int16()),
            "u16": pa.array([2**16 - 1, 0, None], pa.uint16()),
            "u64": pa.array([0, 2**53 - 1, None], pa.uint64()),
            "beyond": pa.array([2**53 + 1, -(2**63), None], pa.int64()),
            "half": pa.array([1.5, None, -0.25], pa.float16()),
            "nan": pa.array([math.nan, math.inf, -math.inf], pa.float64()),
            "large": pa.array(["a", None, "Grüße"], pa.large_string()),
            "view": pa.array(["short", None, "longer than twelve bytes 日本語"], pa.string_view()),
            "bytes_view": pa.array([b"\x00\x01", b"longer than twelve bytes", None], pa.binary_view()),
            "large_bytes": pa.array([b"", None, b"\xff"], pa.large_binary()),
            "fixed": pa.array([b"abc", None, b"xyz"], pa.binary(3)),
            "price": pa.array([Decimal("-1.25"), None, Decimal("99999.99")], pa.decimal128(9, 2)),
            "wide": pa.array([Decimal(10) ** 40, None, -Decimal(10) ** 40], pa.decimal256(50, 0)),
            "day": pa.array([dt.date(2025, 6, 30), None, dt.date(1969, 12, 31)], pa.date32()),
            "date64": pa.array([dt.date(2025, 6, 30), None, dt.date(1969, 12, 31)], pa.date64()),
            "time": pa.array([dt.time(12, 0, 1), None, dt.time(0, 0)], pa.time32("s")),
            "millis": pa.array([moment.replace(microsecond=123000), None, dt.datetime(1969, 12, 31, 23, 59, 59, 999000)], pa.timestamp("ms")),
            "list": pa.array([[1, None], None, []], pa.list_(pa.int32())),
            "large_list": pa.array([["a"], None, ["b", None]], pa.large_list(pa.string())),
            "list_view": pa.array([[1, 2], None, []], pa.list_view(pa.int32())),
            "fixed_list": pa.array([[0.5, 1.5], None, [2.5, 3.5]], pa.list_(pa.float32(), 2)),
            "map": pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int32())),
            "int_map": pa.array([[(1, "x")], None, []], pa.map_(pa.int64(), pa.string())),
            "struct": pa.array([{"a": 1, "b": [{"c": "x"}]}, None, {"a": None, "b": None}], pa.struct([("a", pa.int32()), ("b", pa.list_(pa.struct([("c", pa.string())])))])),
        }
    )

    def meant(row):
        return {**row, "map": row["map"] if row["map"] is None else dict(row["map"]), "int_map": row["int_map"] if row["int_map"] is None else {str(k): v for k, v in row["int_map"]}}

    rows = [meant(row) for row in kinds.to_pylist()]
    save("kinds", kinds, rows)
    save("kinds-slices", [kinds.slice(1, 2), kinds.slice(0, 1)], [rows[1], rows[2], rows[0]])
    for codec in ("lz4", "zstd"):
        save(f"kinds-{codec}", kinds, rows, compression=codec)
    save("legacy-format", kinds.drop_columns(["view", "bytes_view", "list_view"]), [{k: v for k, v in row.items() if "view" not in k} for row in rows], use_legacy_format=True, metadata_version=ipc.MetadataVersion.V4)
    # Buffers of several LZ4 blocks that refer to one another; what its rows are, its test knows.
    many = pa.table({"n": pa.array(range(24_000), pa.int32()), "text": pa.array([f"text {n % 7} and more" for n in range(24_000)])})
    by_hand("lz4-blocks", {"data.arrow": stream([many], compression="lz4")})

    def words(values):
        return pa.array(values, pa.string()).dictionary_encode()

    replaced = [
        pa.table({"word": words(["a", "b", "a", None]), "deep": pa.array([["x"], [], None, ["y", "x"]], pa.list_(pa.string()))}),
        pa.table({"word": words(["c", "a", None, "c"]), "deep": pa.array([["z"], None, [], ["x"]], pa.list_(pa.string()))}),
    ]

    def encoded(table):
        lists = table["deep"].combine_chunks()
        items = lists.values.dictionary_encode()
        return table.set_column(1, "deep", pa.ListArray.from_arrays(lists.offsets, items, mask=lists.is_null()))

    rows = [row for table in replaced for row in table.to_pylist()]
    save("dictionaries-replaced", [encoded(table) for table in replaced], rows)
    grown = [pa.table({"word": pa.DictionaryArray.from_arrays(pa.array(indices, pa.int16()), pa.array(values))}) for indices, values in [([0, 1], ["a", "b"]), ([2, None, 0], ["a", "b", "c"])]]
    save("dictionaries-grown", grown, emit_dictionary_deltas=True)
    save("dictionary-of-numbers", pa.table({"n": pa.array([1.5, None, 2.5, 1.5]).dictionary_encode()}))
    small = pa.table({"n": pa.array([1, 2, 3], pa.int64())})
    save("old-name", small, files=("dataset.arrow",))
    save("three-shards", small, files=("b.arrow", "deep/a.arrow", "a.arrow"))
    save("no-batches", small.slice(0, 0), [])
    save("empty-batches", [small.slice(0, 0), small, small.slice(0, 0)], small.to_pylist())
    save("no-columns-known", small.replace_schema_metadata({"huggingface": "{}", "pandas": "x"}))
    by_hand("pyarrow-no-files", {}, info={"features": {"n": {"dtype": "int64", "_type": "Value"}}})
    expect(OUT, "pyarrow-no-files", [])


def with_polars():
    import polars as pl

    rows = [
        {
            "id": n,
            "text": TEXTS[n % len(TEXTS)],
            "score": None if n % 3 == 2 else n / 7,
            "tags": None if n % 4 == 0 else ["a", None][: n % 3],
            "at": dt.datetime(2025, 6, 30, 12, 0, n, 5),
            "struct": {"a": n, "b": "longer than twelve bytes" if n % 2 else None},
        }
        for n in range(20)
    ]
    frame = pl.DataFrame(rows)

    def stream(**options):
        return {"data-00000-of-00001.arrow": lambda path: frame.write_ipc_stream(path, **options)}

    by_hand("polars-kinds", stream())
    by_hand("polars-oldest", stream(compat_level=pl.CompatLevel.oldest()))
    by_hand("polars-zstd", stream(compression="zstd"))
    by_hand("polars-lz4", stream(compression="lz4"))
    for name in ("kinds", "oldest", "zstd", "lz4"):
        expect(OUT, f"polars-{name}", rows)
    categories = pl.DataFrame({"kind": pl.Series(["a", "b", None, "a"], dtype=pl.Categorical), "level": pl.Series(["lo", "hi", "lo", None], dtype=pl.Enum(["lo", "hi"]))})
    by_hand("polars-categories", {"data.arrow": lambda path: categories.write_ipc_stream(path)})
    expect(OUT, "polars-categories", categories.to_dicts())


def with_kura():
    """What Python's Kura writes, and beside it the rows as Kura's models have them."""
    # Its __init__ imports the whole pipeline, of which nothing is needed.
    package = types.ModuleType("kura")
    package.__path__ = [str(importlib.metadata.distribution("kura").locate_file("kura"))]
    sys.modules["kura"] = package
    from kura.checkpoints.hf_dataset import HFDatasetCheckpointManager
    from kura.types import Cluster, Conversation, ConversationSummary, Message, ProjectedCluster

    moment = dt.datetime(2025, 6, 30, 12, 0, 0, 123456, tzinfo=UTC)
    conversations = [
        Conversation(
            chat_id=f"c{n}",
            created_at=moment + dt.timedelta(seconds=n),
            messages=[Message(created_at=moment, role="user", content=text or "–"), Message(created_at=moment, role="assistant", content="ok")][: n % 3],
            metadata={"n": n, "list": ["a", "ü"], "flag": n % 2 == 0, "ratio": n / 4, "text": "plain words"},
        )
        for n, text in enumerate(TEXTS)
    ]
    summaries = [
        ConversationSummary(
            chat_id=f"c{n}",
            summary=text or "nothing",
            request=text or None,
            topic=None,
            languages=["english"] if n % 2 else None,
            task="t",
            concerning_score=None if n == 0 else 1 + n % 5,
            user_frustration=1 + n % 5,
            assistant_errors=None if n % 3 else ["one", "two"],
            metadata={"turns": n, "nothing": None, "deep": {"a": 1}},
            embedding=None if n % 4 == 0 else [n / 4, 0.5],
        )
        for n, text in enumerate(TEXTS)
    ]
    clusters = [Cluster(id=f"k{n}", name=f"Cluster {n}", description="d", slug=f"s_{n}", chat_ids=[f"c{n}"], parent_id=None if n == 0 else "k0") for n in range(4)]
    projected = [ProjectedCluster(**cluster.model_dump(exclude={"count"}), x_coord=n / 4, y_coord=-n / 8, level=min(n, 1)) for n, cluster in enumerate(clusters)]
    for name, rows in {"conversations": conversations, "summaries": summaries, "clusters": clusters, "dimensionality": projected}.items():
        path = folder(f"kura-{name}")
        HFDatasetCheckpointManager(path.parent).save_checkpoint(path.name, rows)
        lines = [row.model_dump_json() for row in rows]
        (OUT / f"kura-{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


OUT.mkdir(parents=True, exist_ok=True)
for tool in sys.argv[1:]:
    {"datasets": with_datasets, "pyarrow": with_pyarrow, "polars": with_polars, "kura": with_kura}[tool]()
