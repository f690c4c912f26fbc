"""The pipeline of Python's Kura on the conversations of a file, against the provider at OPENAI_BASE_URL. Prints JSON: seconds by step, of CPU in
all, peak memory in MB. bench/kura.mjs starts it.

    python bench/pythons_kura.py <conversations.json> <checkpoint directory>
"""

import asyncio
import json
import resource
import sys
import time

started = time.perf_counter()
from kura import (  # noqa: E402
    ClusterDescriptionModel,
    Conversation,
    MetaClusterModel,
    SummaryModel,
    generate_base_clusters_from_conversation_summaries,
    reduce_clusters_from_base_clusters,
    reduce_dimensionality_from_clusters,
    summarise_conversations,
)
from kura.checkpoints.jsonl import JSONLCheckpointManager  # noqa: E402
from kura.dimensionality import HDBUMAP  # noqa: E402

steps = {"import": time.perf_counter() - started}


async def timed(name, awaitable):
    begin = time.perf_counter()
    rows = await awaitable
    steps[name] = time.perf_counter() - begin
    return rows


async def main(path, directory):
    with open(path, encoding="utf8") as file:
        conversations = [Conversation.model_validate(row) for row in json.load(file)]
    manager = JSONLCheckpointManager(directory)
    model = "openai/teller"
    summaries = await timed(
        "summaries", summarise_conversations(conversations, model=SummaryModel(model=model), checkpoint_manager=manager)
    )
    clusters = await timed(
        "embeddings and clusters",
        generate_base_clusters_from_conversation_summaries(
            summaries, clustering_model=ClusterDescriptionModel(model=model), checkpoint_manager=manager
        ),
    )
    reduced = await timed(
        "meta_clusters",
        reduce_clusters_from_base_clusters(clusters, model=MetaClusterModel(model=model), checkpoint_manager=manager),
    )
    await timed(
        "dimensionality", reduce_dimensionality_from_clusters(reduced, model=HDBUMAP(), checkpoint_manager=manager)
    )
    return {"summaries": len(summaries), "clusters": len(clusters), "all clusters": len(reduced)}


rows = asyncio.run(main(*sys.argv[1:3]))
used = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "steps": steps,
            "rows": rows,
            "wall": time.perf_counter() - started,
            "cpu": used.ru_utime + used.ru_stime,
            "peak": used.ru_maxrss / 1024,
        }
    )
)
