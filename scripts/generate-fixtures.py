# /// script
# requires-python = ">=3.11"
# dependencies = ["pydantic==2.13.5"]
# ///
"""Writes test/fixtures/pydantic/*.jsonl: what Kura's own models write, with all that plain JSON.parse and JSON.stringify would change.

Run: python scripts/generate-fixtures.py   (in an environment with the pinned pydantic)
"""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pydantic import BaseModel, computed_field


class Message(BaseModel):
    created_at: datetime
    role: str
    content: str


class Conversation(BaseModel):
    chat_id: str
    created_at: datetime
    messages: list[Message]
    metadata: dict[str, Any]


class GeneratedSummary(BaseModel):
    summary: str
    request: str | None = None
    topic: str | None = None
    languages: list[str] | None = None
    task: str | None = None
    concerning_score: int | None = None
    user_frustration: int | None = None
    assistant_errors: list[str] | None = None


class ConversationSummary(GeneratedSummary):
    chat_id: str
    metadata: dict[str, Any]
    embedding: list[float] | None = None


class ProjectedCluster(BaseModel):
    id: str
    name: str
    description: str
    slug: str
    chat_ids: list[str]
    parent_id: str | None
    x_coord: float
    y_coord: float
    level: int

    @computed_field
    def count(self) -> int:
        return len(self.chat_ids)


FLOATS = [
    1.0, -1.0, 0.0, -0.0, 0.1, 1.5, 1e-3, 1e-4, 1e-5, 1.5e-5, 9.999e-6, 1e-6, -1.234e-6, 1e-7, 5e-324, 2.2250738585072014e-308,
    1e14, 1e15, 1.5e15, 9007199254740991.0, 9007199254740992.0, 9999999999999998.0, 1e16, 1.5e16, 1.2345678901234568e17, 1e17, 1e20, 1e21, 1e22, 1.7976931348623157e308,
]
INTEGERS = [0, -1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 10**30]
TEXTS = ["", "plain", "Grüße", "日本語", "🦆👩‍👩‍👧", "\u2028\u2029", "\u0000\u0001\u001f\u007f", '"\\/\b\f\n\r\t', "\ufeff"]
TIMES = [
    datetime(2025, 6, 10, 12, 34, 56),
    datetime(2025, 6, 10, 12, 34, 56, 789000),
    datetime(2025, 6, 10, 12, 34, 56, 789012),
    datetime(2025, 6, 10, 12, 34, 56, 1, tzinfo=timezone.utc),
    datetime(2025, 6, 10, 12, 34, 56, 789012, tzinfo=timezone(timedelta(hours=2))),
    datetime(2025, 6, 10, 12, 34, 56, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
    datetime(1, 1, 1),
    datetime(9999, 12, 31, 23, 59, 59, 999999),
]
METADATA: list[dict[str, Any]] = [
    {},
    {"10": "ten", "2": "two", "a": 1, "1": [{"3": 1, "2": 2}]},
    {"floats": FLOATS},
    {"integers": INTEGERS},
    {"nested": {"deep": {"x": 1.0, "list": [[], {}, [1.0, [2.0]]]}, "none": None, "yes": True}},
    {"__proto__": {"x": 1.0}, "constructor": 1, "toJSON": "no", "": 1.0, "metadata": 2.0},
    {"texts": TEXTS, **{text: index for index, text in enumerate(TEXTS)}},
    {"looks": '{"metadata":1.0}', "like": "1.0 and 12345678901234567890"},
]


def write(name: str, rows: list[BaseModel]) -> None:
    path = Path(__file__).parent.parent / "test" / "fixtures" / "pydantic" / f"{name}.jsonl"
    path.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    write("conversations", [
        Conversation(
            chat_id=f"chat-{index}",
            created_at=time,
            messages=[Message(created_at=other, role=["user", "assistant", "tool"][n % 3], content=text) for n, (other, text) in enumerate(zip(TIMES, TEXTS))],
            metadata=metadata,
        )
        for index, (time, metadata) in enumerate(zip(TIMES, METADATA))
    ])
    write("summaries", [
        ConversationSummary(
            summary=TEXTS[index],
            request=None if index % 2 else "",
            languages=None if index == 0 else TEXTS[:index],
            concerning_score=None if index % 3 else 5,
            assistant_errors=[],
            chat_id=f"chat-{index}",
            metadata=metadata,
            embedding=None if index == 0 else FLOATS[index:] if index % 2 else [],
        )
        for index, metadata in enumerate(METADATA)
    ])
    write("dimensionality", [
        ProjectedCluster(id=f"{index:032x}", name="n", description="d", slug="s", chat_ids=["a"] * (index % 3), parent_id=None if index == 0 else "0" * 32, x_coord=value, y_coord=-value, level=index % 2)
        for index, value in enumerate(FLOATS)
    ])


if __name__ == "__main__":
    main()
