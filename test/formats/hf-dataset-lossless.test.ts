import fc from "fast-check";
import { expect, it } from "vitest";
import { LONG, SEED } from "../crash/scale.js";
import { open, read, write } from "./hf-support.js";
import { table } from "./row-arbitraries.js";

const ROWS = LONG ? 100_000 : 1_000;

it(`what is written comes out as it went in, for ${ROWS} rows of generated row types`, async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(
      table({ minLength: 0, maxLength: 60 }),
      fc.constantFrom(1_000, 2_000, 500_000_000),
      fc.boolean(),
      async ({ type, rows }, maxShardBytes, trusted) => {
        seen += rows.length;
        const { directory } = await write(type, rows, { maxShardBytes }, 13);
        expect(await read(directory, { type, trusted })).toEqual(rows);
        // By itself the dataset knows its columns.
        const { pieces: _, ...bare } = directory;
        const { reader } = await open(bare);
        expect(reader.columns).toEqual(type.columns);
        expect(reader.rowCount).toBe(rows.length);
        expect(await read(bare)).toEqual(rows);
      },
    ),
    { seed: SEED, numRuns: Math.ceil(ROWS / 25) },
  );
  expect(seen).toBeGreaterThan(ROWS);
});
