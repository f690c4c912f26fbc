import { expect, it } from "vitest";
import { isRevisionId, nextRevisionId } from "../../src/checkpoints/revision-id.js";

const NOON = Date.UTC(2026, 5, 30, 12);

it("nextRevisionId() says when, to the millisecond, and differs each time", () => {
  const ids = Array.from({ length: 100 }, () => nextRevisionId(undefined, NOON + 7));
  for (const id of ids) expect(id).toMatch(/^20260630T120000007Z-[0-9a-f]{8}$/);
  expect(new Set(ids).size).toBe(100);
});

it("nextRevisionId() sorts after what it follows, also in the same millisecond and where the clock was set back", () => {
  let newest = nextRevisionId(undefined, NOON);
  for (const nowMs of [NOON, NOON, NOON - 86_400_000, NOON + 1, 0, NOON + 5_000]) {
    const id = nextRevisionId(newest, nowMs);
    expect(id > newest).toBe(true);
    expect(isRevisionId(id)).toBe(true);
    newest = id;
  }
});

it.each([
  ["20260630T120000007Z-ab12cd34", true],
  ["20260630T120000007Z-x", true],
  ["20260630T120000007Z-", false],
  ["20260630T120000007Z", false],
  ["20261330T120000007Z-a", false],
  ["20260630T250000007Z-a", false],
  ["99991231T235959999Z-a", false],
  ["20260630T120000007Z-a/../../x", false],
  ["f20260630T120000007Z-a", false],
  ["", false],
  [5, false],
  [null, false],
])("isRevisionId(%j) is %s", (text, is) => {
  expect(isRevisionId(text)).toBe(is);
});
