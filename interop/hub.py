"""What kura-ts pushed to a Hub, loaded by `datasets`; the same rows uploaded by it, for the other side to load.

    python hub.py <folder>

<folder>/<set>/<checkpoint>.json holds what was meant. Prints versions, then one JSON line per finding: {"what", "ok", "note"}.
"""

import io
import json
import os
import sys

import datasets
import huggingface_hub
from datasets import load_dataset

from compare import difference

datasets.disable_progress_bars()


def main(folder):
    say({"datasets": datasets.__version__, "huggingface_hub": huggingface_hub.__version__})
    api = huggingface_hub.HfApi()
    for set_name in sorted(os.listdir(folder)):
        first = None
        api.create_repo(f"me/theirs-{set_name}", repo_type="dataset")
        for file_name in sorted(os.listdir(os.path.join(folder, set_name))):
            checkpoint = file_name.removesuffix(".json")
            with open(os.path.join(folder, set_name, file_name), encoding="utf-8") as file:
                expected = json.load(file)
            if expected["unfit"]:
                say({"what": f"{set_name}/{checkpoint}", "ok": None, "note": expected["unfit"][0]["reason"]})
                continue
            repo = f"me/{set_name}"
            loaded = check(f"{set_name}/{checkpoint} is loaded", expected["rows"], lambda: load(repo, checkpoint))
            check(f"{set_name}/{checkpoint} is streamed", expected["rows"], lambda: load(repo, checkpoint, streaming=True))
            if loaded is not None and len(loaded) > 0:
                upload(api, set_name, checkpoint, loaded)
        names = datasets.get_dataset_config_names(f"me/{set_name}")
        wanted = sorted(name.removesuffix(".json") for name in os.listdir(os.path.join(folder, set_name)))
        say({"what": f"{set_name}: configs", "ok": sorted(names) == wanted, "note": f"{names}, not {wanted}"})


def load(repo, checkpoint, **options):
    return load_dataset(repo, name=checkpoint, split="train", revision="first", **options)


def check(what, rows, open_dataset):
    try:
        opened = open_dataset()
        found = list(opened)
        note = None if len(found) == len(rows) else f"{len(rows)} rows became {len(found)}"
        for index, row in enumerate(rows):
            note = note or difference(row, found[index], f"row {index}")
        say({"what": what, "ok": note is None, "note": note})
        return opened if hasattr(opened, "num_rows") else None
    except Exception as error:
        say({"what": what, "ok": False, "note": f"{type(error).__name__}: {error}"})
        return None


def upload(api, set_name, checkpoint, dataset):
    buffer = io.BytesIO()
    dataset.to_parquet(buffer)
    theirs = f"me/theirs-{set_name}"
    api.upload_file(
        path_or_fileobj=buffer.getvalue(), path_in_repo=f"{checkpoint}.parquet", repo_id=theirs, repo_type="dataset"
    )
    # In a folder of its own, of several files where there are rows for them.
    dataset.push_to_hub(f"me/pushed-{set_name}", config_name=checkpoint, num_shards=min(2, len(dataset)))


def say(finding):
    print(json.dumps(finding), flush=True)


main(sys.argv[1])
