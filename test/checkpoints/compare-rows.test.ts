import fc from "fast-check";
import { expect, it } from "vitest";
import { compareRows, type RowDifference } from "../../src/checkpoints/compare-rows.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { rowType } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const columns = [
  { name: "id", type: "text" },
  { name: "n", type: "int64", nullable: true },
] as const;
const Keyed = rowType({ name: "thing", key: "id", columns });
const Keyless = rowType({ name: "thing", columns });
interface Thing {
  id: string;
  n: number | null;
}

async function differences(before: readonly Thing[], after: readonly Thing[], type: typeof Keyed | undefined = Keyed) {
  const storage = new MemoryStorage();
  const [a, b] = [new JSONLCheckpointManager(storage), new ParquetCheckpointManager(storage)];
  await a.saveCheckpoint("things", [...before], type);
  await b.saveCheckpoint("things", [...after], type);
  const [left, right] = [(await a.openCheckpoint("things"))!, (await b.openCheckpoint("things"))!];
  const found: RowDifference[] = [];
  for await (const difference of compareRows(left, right)) found.push(difference);
  await left.close();
  await right.close();
  return found;
}

const byKey = (found: readonly RowDifference[]) => found.map(({ kind, key }) => `${kind} ${key}`).sort();

it("compareRows() finds what was added, removed and changed, and in which fields, across formats", async () => {
  const before = [
    { id: "same", n: 1 },
    { id: "gone", n: 2 },
    { id: "other", n: null },
  ];
  const after = [
    { id: "other", n: 3 },
    { id: "new", n: 4 },
    { id: "same", n: 1 },
  ];
  expect(await differences(before, after)).toEqual([
    { kind: "added", key: "new" },
    { kind: "removed", key: "gone" },
    { kind: "changed", key: "other", fields: ["n"] },
  ]);
  expect(await differences(before, before)).toEqual([]);
  expect(byKey(await differences(before, after, Keyless as never))).toEqual([
    "added row 0",
    "added row 1",
    "removed row 1",
    "removed row 2",
  ]);
});

it("compareRows() agrees with a comparison in memory, keys that come twice included", async () => {
  const thing = fc.record({ id: fc.constantFrom("a", "b", "c", "d"), n: fc.option(fc.integer({ min: 0, max: 2 })) });
  const things = fc.array(thing, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(things, things, async (before, after) => {
      const numbered = (rows: readonly Thing[]) => {
        const times = new Map<string, number>();
        return new Map(
          rows.map(({ id, n }) => {
            const time = (times.get(id) ?? 0) + 1;
            times.set(id, time);
            return [time === 1 ? id : `${id} (${time})`, n] as const;
          }),
        );
      };
      const [a, b] = [numbered(before), numbered(after)];
      const expected = [
        ...[...b.keys()].filter((key) => !a.has(key)).map((key) => `added ${key}`),
        ...[...a].flatMap(([key, n]) =>
          !b.has(key) ? [`removed ${key}`] : b.get(key) === n ? [] : [`changed ${key}`],
        ),
      ];
      expect(byKey(await differences(before, after))).toEqual(expected.sort());
    }),
    { seed: 11, numRuns: 40 },
  );
});

it("compareRows() of rows of other types compares their values", async () => {
  const rows = [
    { id: "a", n: 1 },
    { id: "b", n: null },
  ];
  const storage = new MemoryStorage();
  const [a, b] = [new JSONLCheckpointManager(storage), new ParquetCheckpointManager(storage)];
  await a.saveCheckpoint("things", [{ id: "a", n: 1 }, { id: "b" }]);
  await b.saveCheckpoint("things", rows, Keyed);
  const [left, right] = [(await a.openCheckpoint("things"))!, (await b.openCheckpoint("things"))!];
  for await (const difference of compareRows(left, right)) expect(difference).toBeUndefined();
  await left.close();
  await right.close();
});
