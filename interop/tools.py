"""How each tool opens a JSONL file, in its plainest way that keeps values, and how it writes one.

Each tool has read(path, checkpoint) -> list of dicts and rewrite(source, target, checkpoint), which opens a file and saves it
as the tool saves JSONL. A tool's module is imported only when the tool is asked for.
"""

import glob
import importlib.metadata
import os
import shutil
import sys
import tempfile
import types


class Pandas:
    package = "pandas"
    # By default "1" becomes 1, columns called *_at become times, and the last digit of a float may be off.
    how = "pd.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)"

    def frame(self, path):
        import pandas

        return pandas.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)

    def read(self, path, checkpoint):
        return self.frame(path).to_dict("records")

    def rewrite(self, source, target, checkpoint):
        self.frame(source).to_json(target, orient="records", lines=True)


class Polars:
    package = "polars"
    how = "pl.read_ndjson(path, infer_schema_length=None)"

    def frame(self, path):
        import polars

        return polars.read_ndjson(path, infer_schema_length=None)

    def read(self, path, checkpoint):
        return self.frame(path).to_dicts()

    def rewrite(self, source, target, checkpoint):
        self.frame(source).write_ndjson(target)


class DuckDB:
    package = "duckdb"
    how = "SELECT * FROM read_json(path, format = 'newline_delimited')"

    def read(self, path, checkpoint):
        import duckdb

        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            cursor = connection.execute("SELECT * FROM read_json(?, format = 'newline_delimited')", [path])
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def rewrite(self, source, target, checkpoint):
        import duckdb

        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            table = connection.execute("CREATE TABLE t AS SELECT * FROM read_json(?, format = 'newline_delimited')", [source])
            table.execute(f"COPY t TO '{target}' (FORMAT json)")


class Datasets:
    package = "datasets"
    how = 'load_dataset("json", data_files=path, split="train")'

    def dataset(self, path, cache):
        import datasets

        datasets.disable_progress_bars()
        return datasets.load_dataset("json", data_files=path, split="train", cache_dir=cache)

    def read(self, path, checkpoint):
        with tempfile.TemporaryDirectory() as cache:
            return self.dataset(path, cache).to_list()

    def rewrite(self, source, target, checkpoint):
        with tempfile.TemporaryDirectory() as cache:
            self.dataset(source, cache).to_json(target)


class Spark:
    package = "pyspark"
    how = "spark.read.json(path)"

    def __init__(self):
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise Unavailable("there is no JVM")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        self.spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
        self.spark.sparkContext.setLogLevel("OFF")

    def read(self, path, checkpoint):
        return [row.asDict(recursive=True) for row in self.spark.read.json(path).collect()]

    def rewrite(self, source, target, checkpoint):
        with tempfile.TemporaryDirectory() as folder:
            self.spark.read.json(source).coalesce(1).write.mode("overwrite").json(folder)
            [part] = glob.glob(os.path.join(folder, "part-*.json"))
            shutil.copyfile(part, target)


class Kura:
    package = "kura"
    how = "JSONLCheckpointManager(folder).load_checkpoint(name, model)"

    def __init__(self):
        # kura/__init__.py imports the whole pipeline (umap, hdbscan, instructor, a provider's key); its checkpoint classes and
        # row types need none of that. An empty package of that name lets them, and nothing else, be imported as they are.
        package = types.ModuleType("kura")
        package.__path__ = [str(importlib.metadata.distribution("kura").locate_file("kura"))]
        sys.modules["kura"] = package
        from kura.checkpoints.jsonl import JSONLCheckpointManager
        from kura.types import Cluster, Conversation, ConversationSummary, ProjectedCluster
        from pydantic import BaseModel

        class Embedding(BaseModel):
            """Kura keeps vectors in memory only: this one is ours, loaded by its manager like any model."""

            chat_id: str
            embedding: list[float]

        self.manager = JSONLCheckpointManager
        self.models = {
            "conversations": Conversation,
            "summaries": ConversationSummary,
            "clusters": Cluster,
            "meta_clusters": Cluster,
            "dimensionality": ProjectedCluster,
            "embeddings": Embedding,
        }

    def load(self, path, checkpoint):
        name = os.path.basename(path).removesuffix(".jsonl")
        rows = self.manager(os.path.dirname(path)).load_checkpoint(name, self.models[checkpoint])
        return rows or []

    def read(self, path, checkpoint):
        return [row.model_dump() for row in self.load(path, checkpoint)]

    def rewrite(self, source, target, checkpoint):
        name = os.path.basename(target).removesuffix(".jsonl")
        self.manager(os.path.dirname(target)).save_checkpoint(name, self.load(source, checkpoint))


class Unavailable(Exception):
    """A tool cannot be used here; the text says why."""


TOOLS = {"kura": Kura, "datasets": Datasets, "pandas": Pandas, "polars": Polars, "duckdb": DuckDB, "spark": Spark}


def version_of(tool):
    version = importlib.metadata.version(TOOLS[tool].package)
    # pydantic writes Kura's files.
    return f"{version} (pydantic {importlib.metadata.version('pydantic')})" if tool == "kura" else version
