import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const DECISIONS = new URL("../../docs/decisions/", import.meta.url);
const files = readdirSync(DECISIONS);
const numberOf = (file: string): string => file.slice(0, 3);

it("each decision has a number of its own, which its heading has too", () => {
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    expect(file).toMatch(/^\d{3}-[a-z0-9-]+\.md$/);
    expect(readFileSync(new URL(file, DECISIONS), "utf8")).toMatch(new RegExp(`^# ${numberOf(file)} \\S`));
  }
  const twice = files.filter((file) => files.some((other) => other !== file && numberOf(other) === numberOf(file)));
  expect(twice).toEqual([]);
});
