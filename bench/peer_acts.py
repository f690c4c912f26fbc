"""What the peers of benches share: rows as Python has them, and acts measured as bench/measure.mjs measures them."""

import json
import os
import random
import resource
import time


def places(rows):
    """As many as ours, not the same ones."""
    chosen = random.Random(7)
    return [chosen.randrange(rows) for _ in range(100)]


def lines(folder, name):
    with open(os.path.join(folder, f"{name}.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def measure(act):
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    result = act()
    after = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall": time.perf_counter() - started,
        "peak": after.ru_maxrss / 1024,
        "check": result if isinstance(result, int) else len(result) if result is not None else None,
    }
    print(json.dumps(figures))
