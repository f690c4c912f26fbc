import { expect, it } from "vitest";
import { timestampAt } from "../../src/loaders/timestamp.js";

it.each([
  [0, "1970-01-01T00:00:00Z"],
  [1706745600, "2024-02-01T00:00:00Z"],
  [1706745600.123456, "2024-02-01T00:00:00.123456Z"],
  [1706745600.000001, "2024-02-01T00:00:00.000001Z"],
  [1706745600.999999, "2024-02-01T00:00:00.999999Z"],
  [1706745600.1, "2024-02-01T00:00:00.100000Z"],
  ["1706745600.1234567", "2024-02-01T00:00:00.123456Z"],
  [1706745600123, "2024-02-01T00:00:00.123000Z"],
  [1706745600123456, "2024-02-01T00:00:00.123456Z"],
  [1706745600123456n, "2024-02-01T00:00:00.123456Z"],
  [-0.5, "1969-12-31T23:59:59.500000Z"],
  [-86400, "1969-12-31T00:00:00Z"],
  ["2025-02-03", "2025-02-03T00:00:00"],
  ["2025-02-03 04:05:06.000120+05:30", "2025-02-03 04:05:06.000120+05:30"],
  ["2024-02-29T23:59:59", "2024-02-29T23:59:59"],
  ["0001-01-01T00:00:00", "0001-01-01T00:00:00"],
  ["9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"],
  ["2025-02-03T04:05:06", "2025-02-03T04:05:06"],
  ["", undefined],
  [null, undefined],
  [undefined, undefined],
])("%s is %s", (value, expected) => expect(timestampAt(value, "t")).toBe(expected));

it("every microsecond of a double comes out as it was written", () => {
  for (let micros = 0; micros < 1_000_000; micros += 997) {
    const fraction = String(micros).padStart(6, "0");
    const expected = micros === 0 ? "2025-06-10T12:34:56Z" : `2025-06-10T12:34:56.${fraction}Z`;
    expect(timestampAt(Number(`1749558896.${fraction}`), "t")).toBe(expected);
  }
});

it.each([
  ["yesterday"],
  ["2025-13-01T00:00:00"],
  ["2025-02-30"],
  ["2023-02-29T12:00:00Z"],
  ["20250203"],
  [20250203],
  ["2025"],
  [true],
  [{}],
  [Number.POSITIVE_INFINITY],
  [1e25],
  ["Tue Feb 03 2025"],
])("%s is refused with its field", (value) =>
  expect(() => timestampAt(value, "messages[2].created_at")).toThrow(/^messages\[2\]\.created_at: an ISO 8601 time/),
);
