"""The peers of bench/parquet.mjs that are Python: one act of one tool, measured as bench/measure.mjs measures it.

python bench/parquet-peers.py <kura|polars> <act> <folder> <number of rows>

Rows end as what people of that tool have in their hands: models of Kura, dicts of polars, a matrix of numpy for its vectors. The act is
done once in the folder's `warm` before the clock starts. Kura reads whole files only: what it has no way to ask for is read and left.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from peer_acts import lines, measure, places  # noqa: E402
from tools import Kura  # noqa: E402


class KuraActs:
    def __init__(self):
        self.kura = Kura()

    def given(self, folder, name):
        return [self.kura.models[name](**row) for row in lines(folder, name)]

    def save(self, folder, name, rows, file):
        self.kura.save(os.path.join(folder, file), rows, "snappy")

    def load(self, folder, name, rows):
        return self.kura.load(os.path.join(folder, f"kura.{name}.parquet"), name)

    stream = load

    def filter(self, folder, name, rows):
        return [row for row in self.load(folder, name, rows) if row.concerning_score is not None and row.concerning_score >= 4]

    def project(self, folder, name, rows):
        return [(row.chat_id, row.concerning_score) for row in self.load(folder, name, rows)]

    def random(self, folder, name, rows):
        loaded = self.load(folder, name, rows)
        return [loaded[place] for place in places(rows)]


class PolarsActs:
    def __init__(self):
        import polars

        self.pl = polars
        texts, integer = polars.List(polars.String), polars.Int32
        self.schemas = {
            "summaries": {
                "summary": polars.String, "request": polars.String, "topic": polars.String, "languages": texts, "task": polars.String,
                "concerning_score": integer, "user_frustration": integer, "assistant_errors": texts, "chat_id": polars.String,
                "metadata": polars.String, "embedding": polars.List(polars.Float64),
            },
            "conversations": {
                "chat_id": polars.String, "created_at": polars.String,
                "messages": polars.List(polars.Struct({"created_at": polars.String, "role": polars.String, "content": polars.String})),
                "metadata": polars.String,
            },
        }

    def given(self, folder, name):
        rows = lines(folder, name)
        if name != "embeddings":
            return rows
        import numpy

        return {"chat_id": [row["chat_id"] for row in rows], "embedding": numpy.array([row["embedding"] for row in rows], dtype="float32")}

    def save(self, folder, name, rows, file):
        if name == "embeddings":
            frame = self.pl.DataFrame(rows).with_columns(self.pl.col("embedding").arr.to_list())
        else:
            flat = [{**row, "metadata": json.dumps(row["metadata"])} for row in rows]
            frame = self.pl.DataFrame(flat, schema=self.schemas[name])
        frame.write_parquet(os.path.join(folder, file), compression="snappy", row_group_size=10_000)

    def scan(self, folder, name):
        return self.pl.scan_parquet(os.path.join(folder, f"ours.{name}.parquet"))

    def rows(self, frame):
        rows = frame.to_dicts()
        if rows and "metadata" in rows[0]:
            for row in rows:
                row["metadata"] = json.loads(row["metadata"])
        return rows

    def load(self, folder, name, rows):
        frame = self.scan(folder, name).collect()
        if name != "embeddings":
            return self.rows(frame)
        return frame["chat_id"].to_list(), frame["embedding"].explode().to_numpy().reshape(rows, -1)

    def stream(self, folder, name, rows):
        frame = self.scan(folder, name)
        count = 0
        for start in range(0, rows, 10_000):
            count += len(self.rows(frame.slice(start, 10_000).collect()))
        return range(count)

    def filter(self, folder, name, rows):
        return self.rows(self.scan(folder, name).filter(self.pl.col("concerning_score") >= 4).collect())

    def project(self, folder, name, rows):
        return self.rows(self.scan(folder, name).select("chat_id", "concerning_score").collect())

    def random(self, folder, name, rows):
        frame = self.scan(folder, name)
        return [self.rows(frame.slice(place, 1).collect())[0] for place in places(rows)]


def prepare(tool, acts, folder):
    """What is read: of Kura its own files, and vectors as pyarrow writes them, as they are and rounded, so that all are in a dictionary."""
    if tool == "kura":
        for name in ("summaries", "conversations"):
            acts.save(folder, name, acts.given(folder, name), f"kura.{name}.parquet")
        return
    import pyarrow
    import pyarrow.parquet

    vectors = acts.given(folder, "embeddings")
    for file, matrix in {"embeddings": vectors["embedding"], "dictionary": (vectors["embedding"] * 256).round() / 256}.items():
        items = pyarrow.ListArray.from_arrays(range(0, matrix.size + 1, matrix.shape[1]), pyarrow.array(matrix.ravel()))
        columns = {"chat_id": vectors["chat_id"], "embedding": items}
        pyarrow.parquet.write_table(pyarrow.table(columns), os.path.join(folder, f"pyarrow.{file}.parquet"), row_group_size=10_000)


def main(tool, act, folder, rows):
    acts = {"kura": KuraActs, "polars": PolarsActs}[tool]()
    if act == "prepare":
        for place in (os.path.join(folder, "warm"), folder):
            prepare(tool, acts, place)
        print("{}")
        return
    act, _, name = act.partition(" ")
    if act == "save":
        # Under a name of its own: `prepare` saves what is loaded.
        file = f"kura.{name}.parquet" if tool == "kura" else "saved.parquet"
        small, given = acts.given(os.path.join(folder, "warm"), name), acts.given(folder, name)
        acts.save(os.path.join(folder, "warm"), name, small, file)
        measure(lambda: acts.save(folder, name, given, file))
        return
    method = getattr(acts, act)
    method(os.path.join(folder, "warm"), name, 1000)
    measure(lambda: method(folder, name, rows))


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
