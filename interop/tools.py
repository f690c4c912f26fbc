"""How each tool opens a JSONL or Parquet file, in its plainest way that keeps values, and how it writes one.

Each tool has read(path, checkpoint) -> list of dicts and rewrite(source, target, checkpoint, codec), which opens a file and saves it
as the tool saves such files; what a file is, its extension tells. The codec is of Parquet, by pyarrow's name in lower case, or None for
the tool's default. `how` has the formats that the tool reads. A tool's module is imported only when the tool is asked for.
"""

import contextlib
import glob
import json
import importlib.metadata
import os
import shutil
import sys
import tempfile
import types

from compare import from_pairs, tagged


class Pandas:
    package = "pandas"
    # By default "1" becomes 1, columns called *_at become times, and the last digit of a float may be off.
    how = {
        "jsonl": "pd.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)",
        "parquet": "pd.read_parquet(path)",
    }

    def frame(self, path):
        import pandas

        if is_parquet(path):
            return pandas.read_parquet(path)
        return pandas.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)

    def read(self, path, checkpoint):
        return self.frame(path).to_dict("records")

    def rewrite(self, source, target, checkpoint, codec):
        if is_parquet(target):
            self.frame(source).to_parquet(target, **given(compression=codec))
        else:
            self.frame(source).to_json(target, orient="records", lines=True)


class Polars:
    package = "polars"
    how = {
        "jsonl": "pl.read_ndjson(path, infer_schema_length=None)",
        "parquet": "pl.read_parquet(path)",
        "hf": "pl.read_ipc_stream(path of its shard)",
    }

    def frame(self, path):
        import polars

        if os.path.isdir(path):
            return polars.concat(polars.read_ipc_stream(shard) for shard in shards_of(path))
        if is_parquet(path):
            return polars.read_parquet(path)
        return polars.read_ndjson(path, infer_schema_length=None)

    def read(self, path, checkpoint):
        rows = self.frame(path).to_dicts()
        return [from_pairs(row) for row in rows] if os.path.isdir(path) else rows

    def rewrite(self, source, target, checkpoint, codec):
        if os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
            self.frame(source).write_ipc_stream(os.path.join(target, "data.arrow"))
            with open(os.path.join(target, "state.json"), "w", encoding="utf-8") as file:
                json.dump({"_data_files": [{"filename": "data.arrow"}]}, file)
        elif is_parquet(target):
            self.frame(source).write_parquet(target, **given(compression="uncompressed" if codec == "none" else codec))
        else:
            self.frame(source).write_ndjson(target)


class DuckDB:
    package = "duckdb"
    how = {
        "jsonl": "SELECT * FROM read_json(path, format = 'newline_delimited')",
        "parquet": "SELECT * FROM read_parquet(path)",
    }

    @contextlib.contextmanager
    def table(self, path):
        import duckdb

        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            query = self.how["parquet" if is_parquet(path) else "jsonl"].replace("path", "?")
            yield connection.execute(f"CREATE TABLE t AS {query}", [path])

    def read(self, path, checkpoint):
        with self.table(path) as connection:
            cursor = connection.execute("SELECT * FROM t")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def rewrite(self, source, target, checkpoint, codec):
        options = "FORMAT json"
        if is_parquet(target):
            options = f"FORMAT parquet, COMPRESSION {'uncompressed' if codec == 'none' else codec}" if codec else "FORMAT parquet"
        with self.table(source) as connection:
            connection.execute(f"COPY t TO '{target}' ({options})")


class Datasets:
    package = "datasets"
    how = {
        "jsonl": 'load_dataset("json", data_files=path, split="train")',
        "parquet": 'load_dataset("parquet", data_files=path, split="train")',
        "hf": "load_from_disk(path)",
    }

    def dataset(self, path, cache):
        import datasets

        datasets.disable_progress_bars()
        if os.path.isdir(path):
            return datasets.load_from_disk(path)
        builder = "parquet" if is_parquet(path) else "json"
        return datasets.load_dataset(builder, data_files=path, split="train", cache_dir=cache)

    def read(self, path, checkpoint):
        with tempfile.TemporaryDirectory() as cache:
            rows = self.dataset(path, cache).to_list()
            return [from_pairs(row) for row in rows] if os.path.isdir(path) else rows

    def rewrite(self, source, target, checkpoint, codec):
        with tempfile.TemporaryDirectory() as cache:
            dataset = self.dataset(source, cache)
            if os.path.isdir(source):
                dataset.save_to_disk(target)
            elif is_parquet(target):
                dataset.to_parquet(target, **given(compression=codec))
            else:
                dataset.to_json(target)


class Spark:
    package = "pyspark"
    how = {"jsonl": "spark.read.json(path)", "parquet": "spark.read.parquet(path)"}

    def __init__(self):
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise Unavailable("there is no JVM")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        self.spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
        self.spark.sparkContext.setLogLevel("OFF")

    def frame(self, path):
        return self.spark.read.parquet(path) if is_parquet(path) else self.spark.read.json(path)

    def read(self, path, checkpoint):
        return [row.asDict(recursive=True) for row in self.frame(path).collect()]

    def rewrite(self, source, target, checkpoint, codec):
        format = "parquet" if is_parquet(target) else "json"
        with tempfile.TemporaryDirectory() as folder:
            # Its "lz4" is the older codec with Hadoop's frames: pyarrow, which is to tell the truth, cannot read large pages of it.
            options = given(compression="lz4_raw" if codec == "lz4" else codec)
            self.frame(source).coalesce(1).write.mode("overwrite").format(format).options(**options).save(folder)
            [part] = glob.glob(os.path.join(folder, f"part-*.{format}"))
            shutil.copyfile(part, target)


class Kura:
    package = "kura"
    how = {
        "jsonl": "JSONLCheckpointManager(folder).load_checkpoint(name, model)",
        "parquet-kura-python": "ParquetCheckpointManager(folder).load_checkpoint(name, model)",
        "hf": "HFDatasetCheckpointManager(folder).load_checkpoint(name, model)",
    }

    def __init__(self):
        # kura/__init__.py imports the whole pipeline (umap, hdbscan, instructor, a provider's key); its checkpoint classes and
        # row types need none of that. An empty package of that name lets them, and nothing else, be imported as they are.
        package = types.ModuleType("kura")
        package.__path__ = [str(importlib.metadata.distribution("kura").locate_file("kura"))]
        sys.modules["kura"] = package
        from kura.checkpoints.hf_dataset import HFDatasetCheckpointManager
        from kura.checkpoints.jsonl import JSONLCheckpointManager
        from kura.checkpoints.parquet import ParquetCheckpointManager
        from kura.types import Cluster, Conversation, ConversationSummary, ProjectedCluster
        from pydantic import BaseModel

        class Embedding(BaseModel):
            """Kura keeps vectors in memory only: this one is ours, loaded by its manager like any model."""

            chat_id: str
            embedding: list[float]

        self.managers = {".jsonl": JSONLCheckpointManager, ".parquet": ParquetCheckpointManager, "": HFDatasetCheckpointManager}
        self.models = {
            "conversations": Conversation,
            "summaries": ConversationSummary,
            "clusters": Cluster,
            "meta_clusters": Cluster,
            "dimensionality": ProjectedCluster,
            "embeddings": Embedding,
        }

    def load(self, path, checkpoint):
        folder, name, extension = split(path)
        rows = self.managers[extension](folder).load_checkpoint(name, self.models[checkpoint])
        if rows is None:
            raise ValueError("load_checkpoint gave None")
        return rows

    def save(self, path, rows, codec=None):
        folder, name, extension = split(path)
        self.managers[extension](folder, **given(compression=codec)).save_checkpoint(name, rows)

    def read(self, path, checkpoint):
        return [row.model_dump() for row in self.load(path, checkpoint)]

    def storable(self, checkpoint, rows):
        """Those that its datasets can hold: times as nanoseconds, floats of 32 bits; of conversations none since datasets 4 (AttributeError)."""
        if checkpoint == "conversations":
            if int(importlib.metadata.version("datasets").split(".")[0]) >= 4:
                return []
            return [row for row in rows if 1678 <= row.created_at.year <= 2261]
        numbers = {"summaries": lambda row: row.embedding or [], "dimensionality": lambda row: [row.x_coord, row.y_coord]}
        return [row for row in rows if all(abs(number) < 3e38 for number in numbers.get(checkpoint, lambda row: [])(row))]

    def dataset_truth(self, path, checkpoint):
        words = {"True": True, "False": False, "None": None}

        def meant(row):
            if "metadata" in row:
                row["metadata"] = {key: words.get(value, value) if isinstance(value, str) else value for key, value in row["metadata"].items()}
            return row

        return [tagged(meant(row)) for row in self.read(path, checkpoint)]

    def rewrite(self, source, target, checkpoint, codec):
        self.save(target, self.load(source, checkpoint), codec)


class Unavailable(Exception):
    """A tool cannot be used here; the text says why."""


def is_parquet(path):
    return path.endswith(".parquet")


def shards_of(path):
    with open(os.path.join(path, "state.json"), encoding="utf-8") as file:
        return [os.path.join(path, listed["filename"]) for listed in json.load(file)["_data_files"]]


def split(path):
    """Its folder, its name and its extension."""
    name, extension = os.path.splitext(os.path.basename(path))
    return os.path.dirname(path), name, extension


def given(**options):
    return {name: value for name, value in options.items() if value is not None}


TOOLS = {"kura": Kura, "datasets": Datasets, "pandas": Pandas, "polars": Polars, "duckdb": DuckDB, "spark": Spark}


def version_of(tool):
    version = importlib.metadata.version(TOOLS[tool].package)
    # pydantic writes Kura's files.
    return f"{version} (pydantic {importlib.metadata.version('pydantic')})" if tool == "kura" else version
