import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { conversations, embeddings, summaries } from "../../bench/rows.mjs";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import type { ParquetOptions } from "../../src/formats/parquet.js";
import { LONG } from "../crash/scale.js";
import { longestHold } from "../support/event-loop.js";

/** Of a server that streams and answers at the same time. */
const MOST_MS = 50;

const directory = mkdtempSync(join(tmpdir(), "kura-event-loop-"));
afterAll(() => rmSync(directory, { recursive: true }));
let places = 0;

type Hold = Awaited<ReturnType<typeof longestHold>>;

const MAKERS = { summaries, embeddings, conversations };
const COUNTS = LONG
  ? { summaries: 200_000, embeddings: 50_000, conversations: 50_000 }
  : { summaries: 5_000, embeddings: 1_000, conversations: 500 };
const NAMES = ["summaries", "embeddings", "conversations"] as const;

const FORMATS: Record<string, ParquetOptions> = {
  snappy: {},
  none: { compression: "none" },
  lz4: { compression: "lz4" },
  gzip: { compression: "gzip" },
  brotli: { compression: "brotli" },
  zstd: { compression: "zstd" },
  "row groups of a million": { rowGroupRows: 1_000_000 },
};

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

/**
 * The longest time that each act held the event loop, not counting the collection of garbage: rows by the hundred thousand in an array are
 * looked through by it, whoever made them.
 */
async function holds(
  name: (typeof NAMES)[number],
  count: number,
  options: ParquetOptions,
): Promise<Record<string, Hold>> {
  const place = join(directory, String(places++));
  const manager = new ParquetCheckpointManager(place, options);
  const rows = MAKERS[name](count) as Iterable<never>;
  const condition = name === "summaries" ? { concerning_score: { gte: 4 } } : { chat_id: { lt: "08" } };
  const held: Record<string, Hold> = {
    save: await longestHold(() => manager.saveCheckpoint(name, rows, name)),
    load: await longestHold(() => manager.loadCheckpoint(name, name)),
    stream: await longestHold(() => drain(manager.streamCheckpoint(name, name))),
    filter: await longestHold(() => manager.filterCheckpoint(name, condition, name)),
    project: await longestHold(() => drain(manager.streamCheckpoint(name, name, { columns: ["chat_id"] }))),
  };
  rmSync(join(place, ".kura"), { recursive: true });
  held["unverified"] = await longestHold(() => drain(manager.streamCheckpoint(name, name)));
  held["adopt"] = await longestHold(() => manager.adoptCheckpoint(name, name));
  rmSync(place, { recursive: true });
  return held;
}

function assertShort(what: string, held: Record<string, Hold>): void {
  const spelled = Object.entries(held).map(
    ([act, { ms, garbageMs }]) => `${act} ${ms.toFixed(0)} (+${garbageMs.toFixed(0)})`,
  );
  if (LONG) console.log(`${what}, ms (of garbage besides): ${spelled.join(", ")}`);
  expect(Math.max(...Object.values(held).map(({ ms }) => ms)), spelled.join(", ")).toBeLessThan(MOST_MS);
}

describe(`the event loop is held for less than ${MOST_MS} ms at a time`, () => {
  for (const [format, options] of Object.entries(FORMATS).slice(0, LONG ? undefined : 1)) {
    for (const name of NAMES)
      it(`by ${name}, ${format}`, async () => {
        assertShort(`${COUNTS[name]} ${name}, ${format}`, await holds(name, COUNTS[name], options));
      });
  }

  it("by the slowest compression there is", async () => {
    const count = LONG ? 5_000 : 50;
    assertShort(
      `${count} conversations`,
      await holds("conversations", count, { compression: "zstd", compressionLevel: 22 }),
    );
  });
});
