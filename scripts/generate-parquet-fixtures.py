# /// script
# requires-python = ">=3.11"
# dependencies = ["pyarrow==26.0.1", "pandas==3.1.1", "polars==2.1.0", "duckdb==2.0.1", "fastparquet==2026.9.0", "pyspark==4.3.0", "kura==0.5.4"]
# ///
"""Writes test/fixtures/parquet/*.parquet with every tool that writes Parquet, and beside each what its rows are, as JSON.

The rows are those that were given to the tool, not what it reads back. Values that JSON has not are texts, as kura-ts makes them:
timestamps in ISO 8601, decimals by their digits, bytes as base64. NaN and infinities are {"float": "nan"}.

Run: python scripts/generate-parquet-fixtures.py   (in an environment with the pinned packages, and Java for Spark)
"""

import datetime as dt
import glob
import os
import shutil
import tempfile
import uuid
from decimal import Decimal
from pathlib import Path

from fixture_values import expect

OUT = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "parquet"
UTC = dt.timezone.utc


def path(name):
    return str(OUT / f"{name}.parquet")


TEXTS = ["", "a", "Grüße", "日本語", "🦆 and more", None, "line\nbreak", "x" * 300]


def simple_rows(count=60):
    """What every tool can hold, nulls everywhere."""
    rows = []
    for n in range(count):
        rows.append(
            {
                "id": f"row-{n:03}",
                "text": TEXTS[n % len(TEXTS)],
                "flag": None if n % 5 == 4 else n % 2 == 0,
                "small": None if n % 7 == 3 else n - 30,
                "large": None if n % 6 == 5 else (n - 30) * 2**40,
                "single": None if n % 4 == 3 else n / 4,
                "double": None if n % 3 == 2 else n / 7,
                "tags": None if n % 5 == 0 else [f"t{n % 3}", None, ""][: n % 4],
                "numbers": [] if n % 4 == 0 else [n / 8 + k for k in range(n % 5)],
            }
        )
    return rows


def nested_rows():
    return [
        {
            "lists": None if n % 6 == 5 else [None if k == 1 else [n, None, k][: (n + k) % 4] for k in range(n % 4)],
            "struct": None if n % 5 == 4 else {"a": TEXTS[n % 8], "b": None if n % 3 == 0 else {"c": n}},
            "structs": [] if n % 4 == 3 else [{"role": "user", "parts": None if k else ["x"] * (n % 3)} for k in range(n % 3)],
            "map": None if n % 4 == 2 else {f"k{k}": None if k == 1 else k / 2 for k in range(n % 3)},
        }
        for n in range(40)
    ]


def moments():
    base = dt.datetime(2025, 6, 30, 12, 0, 0)
    return [base, base + dt.timedelta(microseconds=123456), dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(1, 1, 1), None, dt.datetime(9999, 12, 31, 23, 59, 59)]


def with_pyarrow():
    import pyarrow as pa
    import pyarrow.parquet as pq

    print("pyarrow", pa.__version__)
    rows = simple_rows()
    schema = pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            ("text", pa.string()),
            ("flag", pa.bool_()),
            ("small", pa.int32()),
            ("large", pa.int64()),
            ("single", pa.float32()),
            ("double", pa.float64()),
            ("tags", pa.list_(pa.string())),
            ("numbers", pa.list_(pa.float32())),
        ]
    )
    table = pa.Table.from_pylist(rows, schema)
    variants = {
        **{f"pyarrow-{codec}": {"compression": codec} for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd")},
        **{f"pyarrow-v2-{codec}": {"compression": codec, "data_page_version": "2.0"} for codec in ("none", "snappy", "zstd")},
        "pyarrow-checksums": {"write_page_checksum": True},
        "pyarrow-groups": {"row_group_size": 7, "data_page_size": 64},
        "pyarrow-page-index": {"write_page_index": True, "data_page_size": 64, "use_dictionary": False},
        "pyarrow-1.0": {"version": "1.0", "compression": "none"},
        "pyarrow-no-statistics": {"write_statistics": False},
        "pyarrow-delta": {
            "use_dictionary": False,
            "column_encoding": {
                "id": "DELTA_BYTE_ARRAY",
                "text": "DELTA_LENGTH_BYTE_ARRAY",
                "small": "DELTA_BINARY_PACKED",
                "large": "DELTA_BINARY_PACKED",
                "single": "BYTE_STREAM_SPLIT",
                "double": "BYTE_STREAM_SPLIT",
                "flag": "RLE",
            },
            "data_page_version": "2.0",
        },
    }
    for name, options in variants.items():
        pq.write_table(table, path(name), **options)
        expect(OUT, name, rows)

    pq.write_table(table.slice(0, 0), path("pyarrow-empty"))
    expect(OUT, "pyarrow-empty", [])

    rows = nested_rows()
    nested = pa.schema(
        [
            ("lists", pa.list_(pa.list_(pa.int64()))),
            ("struct", pa.struct([("a", pa.string()), ("b", pa.struct([("c", pa.int32())]))])),
            ("structs", pa.list_(pa.struct([("role", pa.string()), ("parts", pa.list_(pa.string()))]))),
            ("map", pa.map_(pa.string(), pa.float64())),
        ]
    )
    for name, options in {"pyarrow-nested": {}, "pyarrow-nested-v2": {"data_page_version": "2.0", "data_page_size": 32}}.items():
        pq.write_table(pa.Table.from_pylist(rows, nested), path(name), **options)
        expect(OUT, name, rows)

    rows = [{"id": f"{n}", "vector": [(n * 7 + k) % 5 / 4 for k in range(16)]} for n in range(40)]
    vectors = pa.schema([("id", pa.string()), ("vector", pa.list_(pa.float32()))])
    pq.write_table(pa.Table.from_pylist(rows, vectors), path("pyarrow-vectors-dictionary"))
    expect(OUT, "pyarrow-vectors-dictionary", rows)

    rows = [{"int_key": {str(k): f"v{k}" for k in range(n)}} for n in range(4)]
    given = [{"int_key": [(k, f"v{k}") for k in range(n)]} for n in range(4)]
    pq.write_table(pa.Table.from_pylist(given, pa.schema([("int_key", pa.map_(pa.int32(), pa.string()))])), path("pyarrow-int-keys"))
    expect(OUT, "pyarrow-int-keys", rows)

    # No text is made of a struct: such a map is a list of pairs.
    pairs = [{"map": None}, {"map": []}, {"map": [{"key": {"a": 1}, "value": "x"}, {"key": {"a": None}, "value": None}]}]
    given = [{"map": row["map"] and [(pair["key"], pair["value"]) for pair in row["map"]]} for row in pairs]
    pq.write_table(pa.Table.from_pylist(given, pa.schema([("map", pa.map_(pa.struct([("a", pa.int32())]), pa.string()))])), path("pyarrow-struct-keys"))
    expect(OUT, "pyarrow-struct-keys", pairs)

    names = ["a.b", "ü 🦆", "__proto__", "constructor", "and", "a\nb", '"q"', ""]
    odd = [{"struct": {name: n for n, name in enumerate(names)}, **{name: str(n) for n, name in enumerate(names)}}, {"struct": None, **dict.fromkeys(names)}]
    fields = [("struct", pa.struct([(name, pa.int32()) for name in names])), *((name, pa.string()) for name in names)]
    pq.write_table(pa.Table.from_pylist(odd, pa.schema(fields)), path("pyarrow-odd-names"))
    expect(OUT, "pyarrow-odd-names", odd)

    inner = pa.struct([("x", pa.int32()), ("y", pa.map_(pa.string(), pa.int64()))])
    deep = pa.list_(pa.struct([("map", pa.map_(pa.string(), pa.list_(inner))), ("s", pa.string())]))
    maps = [None, {}, {"k": None, "l": [], "m": [None]}, {"n": [{"x": None, "y": None}, {"x": 1, "y": {}}, {"x": 2, "y": {"": None, "ü": 2**40}}]}]
    rows = [{"v": value} for value in [None, [], [None], *([{"map": one, "s": s} for one in maps] for s in (None, "", "b"))] * 8]

    def with_pairs(value):
        """Maps as pyarrow takes them."""
        items = lambda structs: [one and {**one, "y": one["y"] and list(one["y"].items())} for one in structs]
        return value and [one and {**one, "map": one["map"] if one["map"] is None else [(key, of and items(of)) for key, of in one["map"].items()]} for one in value]

    writer = pq.ParquetWriter(path("pyarrow-deep"), pa.schema([("v", deep)]), compression="zstd", data_page_version="2.0", data_page_size=64)
    for part in (rows[:0], rows[:17], rows[17:17], rows[17:], rows[:0]):
        writer.write_table(pa.Table.from_pylist([{"v": with_pairs(row["v"])} for row in part], pa.schema([("v", deep)])))
    writer.close()
    expect(OUT, "pyarrow-deep", rows)

    rows = [
        {
            "moment": moment,
            "instant": None if moment is None else moment.replace(tzinfo=UTC),
            "day": None if moment is None else moment.date(),
            "time": None if moment is None else moment.time(),
        }
        for moment in moments()
    ]
    times = pa.schema([("moment", pa.timestamp("us")), ("instant", pa.timestamp("us", "UTC")), ("day", pa.date32()), ("time", pa.time64("us"))])
    pq.write_table(pa.Table.from_pylist(rows, times), path("pyarrow-times"))
    expect(OUT, "pyarrow-times", rows)

    # Nanoseconds and milliseconds, beyond what datetime holds.
    nanos = [0, 1, 1_751_284_800_123_456_789, -1, None]
    texts = ["1970-01-01T00:00:00", "1970-01-01T00:00:00.000000001", "2025-06-30T12:00:00.123456789", "1969-12-31T23:59:59.999999999", None]
    millis = [0, 1, 1_751_284_800_123, -1, None]
    milli_texts = ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.001000Z", "2025-06-30T12:00:00.123000Z", "1969-12-31T23:59:59.999000Z", None]
    finer = pa.table({"ns": pa.array(nanos, pa.timestamp("ns")), "ms": pa.array(millis, pa.timestamp("ms", "UTC"))})
    pq.write_table(finer, path("pyarrow-nanoseconds"))
    expect(OUT, "pyarrow-nanoseconds", [{"ns": a, "ms": b} for a, b in zip(texts, milli_texts)])
    pq.write_table(finer.select(["ns"]), path("pyarrow-int96"), use_deprecated_int96_timestamps=True)
    expect(OUT, "pyarrow-int96", [{"ns": a} for a in texts])

    rows = [
        {"i8": -128, "i16": -(2**15), "u8": 255, "u16": 65535, "u32": 2**32 - 1, "u64": 2**63 - 1, "i64": -(2**63), "f16": 1.5, "d9": Decimal("-1234.567"), "d18": Decimal("123456789012.34"), "d38": Decimal("-12345678901234567890.1234"), "id": uuid.UUID(int=2**127 + 5), "fixed": b"\x00\x01\xfe\xff", "float": float("nan"), "nothing": None},
        {"i8": 127, "i16": 2**15 - 1, "u8": 0, "u16": 0, "u32": 0, "u64": 0, "i64": 2**63 - 1, "f16": -0.25, "d9": Decimal("0.001"), "d18": Decimal("-0.01"), "d38": Decimal("0.0000"), "id": uuid.UUID(int=1), "fixed": b"abcd", "float": float("-inf"), "nothing": None},
        {name: None for name in ("i8", "i16", "u8", "u16", "u32", "u64", "i64", "f16", "d9", "d18", "d38", "id", "fixed", "float", "nothing")},
    ]
    kinds = pa.schema([("i8", pa.int8()), ("i16", pa.int16()), ("u8", pa.uint8()), ("u16", pa.uint16()), ("u32", pa.uint32()), ("u64", pa.uint64()), ("i64", pa.int64()), ("f16", pa.float16()), ("d9", pa.decimal128(9, 3)), ("d18", pa.decimal128(18, 2)), ("d38", pa.decimal128(38, 4)), ("id", pa.uuid()), ("fixed", pa.binary(4)), ("float", pa.float64()), ("nothing", pa.null())])
    table = pa.Table.from_pylist(rows, kinds)
    for name, options in {"pyarrow-kinds": {}, "pyarrow-kinds-integer-decimals": {"store_decimal_as_integer": True}}.items():
        pq.write_table(table, path(name), **options)
        expect(OUT, name, rows)


def with_pandas():
    import pandas as pd

    print("pandas", pd.__version__)
    rows = [{key: row[key] for key in ("id", "text", "flag", "tags", "double")} for row in simple_rows()]
    frame = pd.DataFrame(rows)
    frame["small"] = pd.array([row["small"] for row in simple_rows()], dtype="Int64")
    frame.to_parquet(path("pandas-pyarrow"))
    expect(OUT, "pandas-pyarrow", [{**row, "small": other["small"]} for row, other in zip(rows, simple_rows())])
    # An index of its own becomes a column, and integers with nulls become floats.
    frame = pd.DataFrame({"score": [1, None, 3]}, index=["a", "b", "c"])
    frame.to_parquet(path("pandas-index"))
    expect(OUT, "pandas-index", [{"score": 1.0, "__index_level_0__": "a"}, {"score": None, "__index_level_0__": "b"}, {"score": 3.0, "__index_level_0__": "c"}])
    flat = pd.DataFrame({"id": [row["id"] for row in rows], "n": range(len(rows)), "x": [n / 3 for n in range(len(rows))]})
    flat.to_parquet(path("pandas-fastparquet"), engine="fastparquet", compression="GZIP")
    expect(OUT, "pandas-fastparquet", [{"id": row["id"], "n": n, "x": n / 3} for n, row in enumerate(rows)])


def with_polars():
    import polars as pl

    print("polars", pl.__version__)
    rows = simple_rows()
    frame = pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String, "flag": pl.Boolean, "small": pl.Int32, "large": pl.Int64, "single": pl.Float32, "double": pl.Float64, "tags": pl.List(pl.String), "numbers": pl.List(pl.Float32)})
    frame.write_parquet(path("polars-zstd"))
    expect(OUT, "polars-zstd", rows)
    frame.write_parquet(path("polars-groups"), compression="lz4", row_group_size=9)
    expect(OUT, "polars-groups", rows)
    rows = [{key: row[key] for key in ("lists", "struct", "structs")} for row in nested_rows()]
    schema = {"lists": pl.List(pl.List(pl.Int64)), "struct": pl.Struct({"a": pl.String, "b": pl.Struct({"c": pl.Int32})}), "structs": pl.List(pl.Struct({"role": pl.String, "parts": pl.List(pl.String)}))}
    pl.DataFrame(rows, schema=schema).write_parquet(path("polars-nested"))
    expect(OUT, "polars-nested", rows)
    words = ["red", "green", "red", None]
    pl.DataFrame({"cat": pl.Series(words, dtype=pl.Categorical), "enum": pl.Series(words, dtype=pl.Enum(["red", "green"]))}).write_parquet(path("polars-categories"))
    expect(OUT, "polars-categories", [{"cat": word, "enum": word} for word in words])


def with_duckdb():
    import duckdb
    import pyarrow as pa

    print("duckdb", duckdb.__version__)
    rows = simple_rows()
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = true; SET threads = 1; SET TimeZone = 'UTC'")
    connection.register("simple", pa.Table.from_pylist(rows))
    for name, options in {"duckdb-snappy": "", "duckdb-zstd": ", COMPRESSION zstd", "duckdb-lz4": ", COMPRESSION lz4_raw", "duckdb-v2": ", PARQUET_VERSION v2", "duckdb-groups": ", ROW_GROUP_SIZE 2048"}.items():
        connection.execute(f"COPY simple TO '{path(name)}' (FORMAT parquet{options})")
        expect(OUT, name, rows)
    rows = nested_rows()
    query = """SELECT lists::BIGINT[][] AS lists, struct, structs, map FROM nested"""
    nested = pa.schema([("lists", pa.list_(pa.list_(pa.int64()))), ("struct", pa.struct([("a", pa.string()), ("b", pa.struct([("c", pa.int32())]))])), ("structs", pa.list_(pa.struct([("role", pa.string()), ("parts", pa.list_(pa.string()))]))), ("map", pa.map_(pa.string(), pa.float64()))])
    connection.register("nested", pa.Table.from_pylist(rows, nested))
    connection.execute(f"COPY ({query}) TO '{path('duckdb-nested')}' (FORMAT parquet)")
    expect(OUT, "duckdb-nested", rows)
    connection.execute(
        f"""COPY (SELECT DATE '2025-06-30' AS day, TIMESTAMP '2025-06-30 12:00:00.123456' AS moment, TIMESTAMPTZ '2025-06-30 12:00:00+00' AS instant,
        TIME '12:00:00.5' AS time, 12.50::DECIMAL(9, 2) AS price, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS id, 7::UTINYINT AS small, 18446744073709551615::UBIGINT::VARCHAR AS big,
        '{{"a": [1, 2.0]}}'::JSON AS json, 'b'::ENUM('a', 'b') AS enum) TO '{path('duckdb-kinds')}' (FORMAT parquet)"""
    )
    expect(OUT, "duckdb-kinds", [{"day": "2025-06-30", "moment": "2025-06-30T12:00:00.123456", "instant": "2025-06-30T12:00:00Z", "time": "12:00:00.500000", "price": "12.50", "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "small": 7, "big": "18446744073709551615", "json": {"a": [1, 2.0]}, "enum": "b"}])


def with_spark():
    import pyspark
    from pyspark.sql import SparkSession

    print("pyspark", pyspark.__version__)
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    rows = simple_rows()
    schema = "id string, text string, flag boolean, small int, large bigint, single float, double double, tags array<string>, numbers array<float>"

    def write(frame, name, **options):
        with tempfile.TemporaryDirectory() as folder:
            writer = frame.coalesce(1).write.mode("overwrite")
            for key, value in options.items():
                writer = writer.option(key, value)
            writer.parquet(folder)
            [part] = glob.glob(os.path.join(folder, "part-*.parquet"))
            shutil.copyfile(part, path(name))

    frame = spark.createDataFrame([tuple(row.values()) for row in rows], schema)
    for name, options in {"spark-snappy": {}, "spark-gzip": {"compression": "gzip"}, "spark-lz4-raw": {"compression": "lz4_raw"}, "spark-lz4-hadoop": {"compression": "lz4"}, "spark-zstd": {"compression": "zstd"}, "spark-v2": {"parquet.writer.version": "v2"}}.items():
        write(frame, name, **options)
        expect(OUT, name, rows)
    # A value of more than 256 kB: two blocks in one of Hadoop's frames.
    rows = [{"text": "0123456789" * 27_000}]
    frame = spark.createDataFrame([(row["text"],) for row in rows], "text string")
    write(frame, "spark-lz4-hadoop-blocks", **{"compression": "lz4", "parquet.enable.dictionary": "false"})
    expect(OUT, "spark-lz4-hadoop-blocks", rows)
    rows = nested_rows()
    nested = "lists array<array<bigint>>, struct struct<a: string, b: struct<c: int>>, structs array<struct<role: string, parts: array<string>>>, map map<string, double>"
    frame = spark.createDataFrame([tuple(row.values()) for row in rows], nested)
    write(frame, "spark-nested")
    expect(OUT, "spark-nested", rows)
    # As Spark wrote before 1.6, and Hive still does: other names, lists in two levels or with one more, decimals as bytes.
    spark.conf.set("spark.sql.parquet.writeLegacyFormat", "true")
    write(frame, "spark-nested-legacy")
    expect(OUT, "spark-nested-legacy", rows)
    times = spark.sql("SELECT TIMESTAMP '2025-06-30 12:00:00.123456' AS instant, DATE '2025-06-30' AS day, 12.50BD AS price")
    write(times, "spark-times-legacy")
    expect(OUT, "spark-times-legacy", [{"instant": "2025-06-30T12:00:00.123456", "day": "2025-06-30", "price": "12.50"}])
    spark.conf.set("spark.sql.parquet.writeLegacyFormat", "false")
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    write(times, "spark-times")
    expect(OUT, "spark-times", [{"instant": "2025-06-30T12:00:00.123456Z", "day": "2025-06-30", "price": "12.50"}])
    spark.stop()


def with_kura():
    """What Python's Kura writes, and beside it the rows as Kura's models have them."""
    from kura.checkpoints.parquet import ParquetCheckpointManager
    from kura.types import Cluster, Conversation, ConversationSummary, Message, ProjectedCluster

    moment = dt.datetime(2025, 6, 30, 12, 0, 0, 123456, tzinfo=UTC)
    conversations = [
        Conversation(
            chat_id=f"c{n}",
            created_at=moment + dt.timedelta(seconds=n),
            messages=[Message(created_at=moment, role="user", content=text or "–"), Message(created_at=moment, role="assistant", content="ok")],
            metadata={"n": n, "list": ["a", "ü"], "flag": True, "ratio": n / 4},
        )
        for n, text in enumerate(TEXTS)
    ]
    summaries = [
        ConversationSummary(
            chat_id=f"c{n}",
            summary=text or "nothing",
            request=text,
            topic=None,
            languages=["english"] if n % 2 else None,
            task="t",
            concerning_score=None if n == 0 else 1 + n % 5,
            user_frustration=1 + n % 5,
            assistant_errors=None if n % 3 else ["one", "two"],
            metadata={"turns": n},
            embedding=None if n % 4 == 0 else [n / 3, 0.1],
        )
        for n, text in enumerate(TEXTS)
    ]
    clusters = [Cluster(id=f"k{n}", name=f"Cluster {n}", description="d", slug=f"s_{n}", chat_ids=[f"c{n}"], parent_id=None if n == 0 else "k0") for n in range(4)]
    projected = [ProjectedCluster(**cluster.model_dump(exclude={"count"}), x_coord=n / 3, y_coord=-n / 7, level=min(n, 1)) for n, cluster in enumerate(clusters)]
    for name, rows in {"conversations": conversations, "summaries": summaries, "clusters": clusters, "dimensionality": projected}.items():
        with tempfile.TemporaryDirectory() as folder:
            ParquetCheckpointManager(folder).save_checkpoint(name, rows)
            shutil.copyfile(Path(folder) / f"{name}.parquet", path(f"kura-{name}"))
        lines = [row.model_dump_json() for row in rows]
        (OUT / f"kura-{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


OUT.mkdir(parents=True, exist_ok=True)
for write in (with_pyarrow, with_pandas, with_polars, with_duckdb, with_kura, with_spark):
    write()
