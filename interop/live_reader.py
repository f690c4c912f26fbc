"""Loads a dataset again and again while it is saved over: each load is one save, whole. Arguments: its directory, for how many seconds."""

import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
import datasets
from datasets import load_from_disk

path, seconds = sys.argv[1], float(sys.argv[2])
loads, seen = 0, set()
# The first loading takes as long as many saves do.
load_from_disk(path)
print("ready", flush=True)
end = time.time() + seconds
while time.time() < end:
    rows = load_from_disk(path)
    (save,) = set(rows["save"])
    assert rows["id"] == list(range(rows["count"][0])), f"save {save} is not whole"
    seen.add(save)
    loads += 1
print(f"datasets {datasets.__version__}: {loads} loads, {len(seen)} saves seen, each of them whole", flush=True)
