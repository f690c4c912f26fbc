"""The peers of bench/hf.mjs that are Python: one act of one tool, measured as bench/measure.mjs measures it.

python bench/hf-peers.py <kura|datasets> <act> <folder> <number of rows>

Both read the directories that ours wrote; `datasets` gives dicts (of vectors, arrays of numpy), Kura its models. The act is done once in the
folder's `warm` before the clock starts. Kura reads whole checkpoints only: what it has no way to ask for is read and left.
"""

import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from peer_acts import lines, measure, places  # noqa: E402
from tools import Kura  # noqa: E402


class KuraActs:
    def __init__(self):
        self.models = Kura().models
        from kura.checkpoints.hf_dataset import HFDatasetCheckpointManager

        self.manager = HFDatasetCheckpointManager

    def given(self, folder, name):
        return [self.models[name](**row) for row in lines(folder, name)]

    def save(self, folder, name, given):
        self.manager(folder).save_checkpoint("kura-saved", given)

    def load(self, folder, name, rows):
        loaded = self.manager(folder).load_checkpoint(name, self.models[name])
        if loaded is None:
            raise ValueError("load_checkpoint gave None")
        return loaded

    stream = load

    def filter(self, folder, name, rows):
        # Its way leaves a file in the checkpoint.
        return self.manager(folder).filter_checkpoint(
            name, lambda row: (row["concerning_score"] or 0) >= 4, self.models[name], checkpoint_type=name
        )

    def project(self, folder, name, rows):
        return [(row.chat_id, row.concerning_score) for row in self.load(folder, name, rows)]

    def random(self, folder, name, rows):
        loaded = self.load(folder, name, rows)
        return [loaded[place] for place in places(rows)]


class DatasetsActs:
    def __init__(self):
        import datasets

        datasets.disable_progress_bars()
        datasets.disable_caching()
        self.datasets = datasets

    def given(self, folder, name):
        rows = lines(folder, name)
        if name == "summaries":
            for row in rows:
                row["metadata"] = {"keys": list(row["metadata"]), "values": [json.dumps(value) for value in row["metadata"].values()]}
        return rows, self.opened(folder, name).features

    def save(self, folder, name, given):
        rows, features = given
        self.datasets.Dataset.from_list(rows, features=features).save_to_disk(os.path.join(folder, "datasets-saved"))

    def opened(self, folder, name):
        return self.datasets.load_from_disk(os.path.join(folder, name))

    def load(self, folder, name, rows):
        dataset = self.opened(folder, name)
        if name == "embeddings":
            return [batch for batch in dataset.with_format("numpy").iter(1000)]
        return dataset.to_list()

    def stream(self, folder, name, rows):
        count = 0
        for _ in self.opened(folder, name):
            count += 1
        return count

    def filter(self, folder, name, rows):
        kept = self.opened(folder, name).filter(lambda score: (score or 0) >= 4, input_columns="concerning_score")
        return kept.to_list()

    def project(self, folder, name, rows):
        return self.opened(folder, name).select_columns(["chat_id", "concerning_score"]).to_list()

    def random(self, folder, name, rows):
        dataset = self.opened(folder, name)
        return [dataset[place] for place in places(rows)]


def main(tool, act, folder, rows):
    acts = {"kura": KuraActs, "datasets": DatasetsActs}[tool]()
    what, name = act.split(" ")
    if what == "save":
        warm, given = acts.given(os.path.join(folder, "warm"), name), acts.given(folder, name)
        acts.save(os.path.join(folder, "warm"), name, warm)
        measure(lambda: acts.save(folder, name, given))
    else:
        run = getattr(acts, what)
        run(os.path.join(folder, "warm"), name, 2000)
        measure(lambda: run(folder, name, rows))
    for saved in ("kura-saved", "datasets-saved"):
        shutil.rmtree(os.path.join(folder, saved), ignore_errors=True)


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
