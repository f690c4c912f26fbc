"""Rows that only Python would think of, as Kura's own models."""

from datetime import datetime, timedelta, timezone

AWKWARD_TEXT = "naïve \u2028 \u2029 \x00\x01\x1f \t\r\n \"quoted\" \\ / \x7f 日本語 مرحبا 👩‍👩‍👧 e\u0301 \ufeff \U0001f600 </script>"


def kura_rows(models):
    conversation, summary = models["conversations"], models["summaries"]
    cluster, projected, embedding = models["clusters"], models["dimensionality"], models["embeddings"]
    times = [
        datetime(2025, 6, 10, 12, 34, 56),
        datetime(2025, 6, 10, 12, 34, 56, 789000),
        datetime(2025, 6, 10, 12, 34, 56, 1),
        datetime(2025, 6, 10, 12, 34, 56, tzinfo=timezone.utc),
        datetime(2025, 6, 10, 12, 34, 56, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(1, 1, 1),
        datetime(9999, 12, 31, 23, 59, 59, 999999),
    ]
    metadata = [
        {},
        {"text": AWKWARD_TEXT, "": "empty key", "10": 1, "9": 2, "a.b": True},
        {"int": 2**53 + 1, "huge": 2**80, "negative": -(2**63), "zero": 0},
        {"float": 1.0, "small": 1e-7, "large": 1e16, "larger": 1.5e300, "tiny": 5e-324, "minus": -0.0, "third": 1 / 3},
        {"texts": ["a", ""], "ints": [1, 2], "floats": [1.0, 2.5], "none": []},
    ]
    numbers = [0.0, -0.0, 1.0, 0.1, 1 / 3, 1e-6, 1e-7, 123456.789, 1e15, 1e16, 1e17, 1e22, 1e23, 5e-324, 1.7976931348623157e308]
    return {
        "conversations": [
            conversation(
                chat_id=f"c{i}",
                created_at=time,
                messages=[
                    {"created_at": time, "role": "user", "content": AWKWARD_TEXT},
                    {"created_at": time, "role": "assistant", "content": ""},
                ][: i % 3],
                metadata=metadata[i % len(metadata)],
            )
            for i, time in enumerate(times)
        ],
        "summaries": [
            summary(chat_id="s0", summary="", metadata={}),
            summary(
                chat_id="s1",
                summary=AWKWARD_TEXT,
                request="",
                topic="t",
                languages=[],
                task="",
                concerning_score=1,
                user_frustration=5,
                assistant_errors=["", AWKWARD_TEXT],
                metadata={"nested": {"a": [None, {"b": [[]]}]}, "mixed": [1, 1.0, "1", True, None], "huge": [10**30, -(10**30)]},
                embedding=numbers,
            ),
            summary(chat_id="s2", summary="s", languages=["en", "日本語"], metadata={"2": 1, "1": 2, "x": 1.0}, embedding=[]),
        ],
        "clusters": [
            cluster(id="a", name="", description=AWKWARD_TEXT, slug="", chat_ids=[], parent_id=None),
            cluster(id="b", name="b", description="", slug="b", chat_ids=["s0", "s1"], parent_id="a"),
        ],
        "dimensionality": [
            projected(id=str(i), name="n", description="d", slug="s", chat_ids=["s0"], parent_id=None, x_coord=x, y_coord=-x, level=i)
            for i, x in enumerate(numbers)
        ],
        "embeddings": [embedding(chat_id="s0", embedding=[0.5, -0.0, 1.0, 0.25]), embedding(chat_id="s1", embedding=[])],
    }
