import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("docs/dependencies.md gives a reason for each package that package.json names, and for no other", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string> | undefined>;
  const named = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"].flatMap((kind) =>
    Object.keys(manifest[kind] ?? {}),
  );
  const rows = [...read("docs/dependencies.md").matchAll(/^\| `([^`]+)`\s+\| (.+?)\s+\| (.+?)\s+\|$/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual([...new Set(named)].sort());
  for (const [, name, reason] of rows) expect(reason!.length, name).toBeGreaterThan(20);
});
