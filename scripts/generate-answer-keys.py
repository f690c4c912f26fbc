"""Makes test/fixtures/answer-keys.json: what is sent, and the key of its answer.

    python3 scripts/generate-answer-keys.py

An implementation of its own of RFC 8785, so that the fixture is a second opinion and not an echo. Needs only Python 3. Once a key has been
published its entry must never change: answers that people paid for are found by it. New entries go to the end.
"""

import hashlib
import json
import os
import random


def canonical(value):
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(text(name) + ":" + canonical(value[name]) for name in names) + "}"


def text(value):
    named = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}
    out = []
    for character in value:
        code = ord(character)
        if code in named:
            out.append(named[code])
        elif code < 0x20 or 0xD800 <= code < 0xE000:
            out.append("\\u%04x" % code)
        else:
            out.append(character)
    return '"' + "".join(out) + '"'


def number(value):
    """ECMAScript's Number::toString, from the shortest digits, which Python's repr finds too."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits + "0" * (point - len(digits))
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"


def key_of(sent):
    return hashlib.sha256(canonical(sent).encode("utf-8")).hexdigest()


SCHEMA = {
    "type": "object",
    "properties": {"summary": {"type": "string"}, "concerning_score": {"type": ["integer", "null"], "minimum": 1, "maximum": 5}},
    "required": ["summary", "concerning_score"],
    "additionalProperties": False,
}
NUMBERS = [0, 1, -1, 0.1, 0.2, 0.7, 1.5, 100, 1e3, 1e20, 1e21, 1.5e21, 123456789012345680000, 1e-6, 1e-7, 1.25e-9, 5e-324,
           1.7976931348623157e308, 0.30000000000000004, 9007199254740991, 9007199254740993.0, -2.5, 333333333.33333329, 4.35, 1e23]
TEXTS = ["", " ", "a", "A", "ä", "a\u0308", "ß", "SS", "İ", "i̇", "ı", "I", "Straße", "straße", "ÿ", "日本語", "请总结", "العربية", "हिन्दी", "한국어",
         "한국어", "😀", "👩‍👩‍👧", "\u2028\u2029", "\u0000\u0001\u001f\u007f", "\t\n\r\b\f", "\"quoted\" \\ and / slashes", "</script>",
         "\ufeffbom", "e\u0301", "é", "ﬁ", "fi", "\ud800", "\udfff and more", "\uffff", "\U0010ffff", "z", "Z", "0", "10", "9", "line\r\nend"]
NAMES = ["b", "a", "B", "A", "ä", "z", "10", "9", "1", "é", "e", "\ue000", "😀", "", "a b", "_", "-", "I", "ı", "i"]


def cases():
    model = "provider/model-1"
    for value in TEXTS:
        yield {"model": "embedder", "text": value}
        yield {"model": model, "prompt": value, "schema": SCHEMA}
    for value in NUMBERS:
        yield {"model": model, "prompt": "p", "schema": SCHEMA, "sampling": {"temperature": value}}
    for size in (0, 1, 2, 5, len(NAMES)):
        yield {"model": model, "prompt": "p", "schema": {name: len(name) for name in NAMES[:size]}, "sampling": {}}
    yield {"model": model, "prompt": "p", "schema": {}}
    yield {"model": model, "prompt": "p", "schema": {}, "sampling": {"stop": None, "seed": 1, "logprobs": False, "list": [[], {}, [1, [2]]]}}
    made = random.Random(1)
    words = [word for word in TEXTS if word]

    def value(depth):
        kind = made.randrange(7 if depth < 3 else 5)
        if kind == 0:
            return made.choice([None, True, False])
        if kind == 1:
            return made.choice(NUMBERS)
        if kind == 2:
            return made.uniform(-1, 1) * 10.0 ** made.randrange(-12, 24)
        if kind in (3, 4):
            return " ".join(made.choice(words) for _ in range(made.randrange(4)))
        if kind == 5:
            return [value(depth + 1) for _ in range(made.randrange(4))]
        names = made.sample(NAMES, made.randrange(6))
        return {name: value(depth + 1) for name in names}

    for _ in range(120):
        schema = {name: value(0) for name in made.sample(NAMES, made.randrange(1, 8))}
        prompt = " ".join(made.choice(words) for _ in range(made.randrange(1, 30)))
        yield {"model": made.choice([model, "m", "Ä/ß"]), "prompt": prompt, "schema": schema, "sampling": {"top_p": made.random()}}


# What is sent is written as escaped ASCII text of JSON: an editor or a version control that normalises must not change it.
entries = [{"sent": sent, "key": key_of(sent)} for sent in cases()]
path = os.path.join(os.path.dirname(__file__), "../test/fixtures/answer-keys.json")
with open(path, "w", encoding="utf-8", newline="\n") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
print(f"{len(entries)} keys")
