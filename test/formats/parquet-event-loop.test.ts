import { describe, it } from "vitest";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import type { ParquetOptions } from "../../src/formats/parquet.js";
import { LONG } from "../crash/scale.js";
import { assertNeverHeld, MOST_MS, NAMES } from "./event-loop-holds.js";

const FORMATS: Record<string, ParquetOptions> = {
  snappy: {},
  none: { compression: "none" },
  lz4: { compression: "lz4" },
  gzip: { compression: "gzip" },
  brotli: { compression: "brotli" },
  zstd: { compression: "zstd" },
  "row groups of a million": { rowGroupRows: 1_000_000 },
};
const managerOf = (options: ParquetOptions) => (place: string) => new ParquetCheckpointManager(place, options);

describe(`the event loop is held for less than ${MOST_MS} ms at a time`, () => {
  for (const [format, options] of Object.entries(FORMATS).slice(0, LONG ? undefined : 1))
    for (const name of NAMES)
      it(`by ${name}, ${format}`, async () => {
        await assertNeverHeld(format, managerOf(options), { name });
      });

  it("by the slowest compression there is", async () => {
    const slowest = managerOf({ compression: "zstd", compressionLevel: 22 });
    await assertNeverHeld("zstd 22", slowest, { name: "conversations", count: LONG ? 5_000 : 50 });
  });
});
