"""What the fixtures' generators share: how the values that a file must read as stand beside it, as JSON."""

import base64
import datetime as dt
import json
import math
import uuid
from decimal import Decimal


def plain(value):
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return {"float": "nan"}
        return {"float": "inf" if value > 0 else "-inf"} if math.isinf(value) else value
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value]


def expect(folder, name, rows):
    lines = ",\n".join(json.dumps(plain(row), ensure_ascii=False, allow_nan=False) for row in rows)
    (folder / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
