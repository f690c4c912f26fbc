import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { INSTALLED_VERSIONS } from "../../src/models/import-peer.js";

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

it("the versions of peers that users are told to install are the oldest ones that fit, which run on Node 20", () => {
  const { peerDependencies } = JSON.parse(read("package.json")) as { peerDependencies: Record<string, string> };
  const sdk = Object.entries(peerDependencies).filter(([name]) => name.startsWith("@ai-sdk/"));
  expect(INSTALLED_VERSIONS).toEqual(
    Object.fromEntries(sdk.map(([name, range]) => [name, Number.parseInt(range, 10)])),
  );
  for (const [name, version] of Object.entries(INSTALLED_VERSIONS))
    expect(read("docs/models.md"), name).toContain(`${name}@${version}`);
});
