import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { conversations, embeddings, summaries } from "../../bench/rows.mjs";
import type { CheckpointManager } from "../../src/checkpoints/checkpoint-manager.js";
import { LONG } from "../crash/scale.js";
import { longestHold } from "../support/event-loop.js";

/** Of a server that streams and answers at the same time. */
export const MOST_MS = 50;

const MAKERS = { summaries, embeddings, conversations };
const COUNTS = LONG
  ? { summaries: 200_000, embeddings: 50_000, conversations: 50_000 }
  : { summaries: 5_000, embeddings: 1_000, conversations: 500 };
export const NAMES = ["summaries", "embeddings", "conversations"] as const;

const directory = mkdtempSync(join(tmpdir(), "kura-event-loop-"));
afterAll(() => rmSync(directory, { recursive: true }));
let places = 0;

type Hold = Awaited<ReturnType<typeof longestHold>>;

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

/**
 * That no act of a manager holds the event loop for longer, not counting the collection of garbage: rows by the hundred thousand in an array
 * are looked through by it, whoever made them.
 */
export async function assertNeverHeld(
  what: string,
  managerAt: (place: string) => CheckpointManager,
  { name, count = COUNTS[name] }: { name: (typeof NAMES)[number]; count?: number },
): Promise<void> {
  const place = join(directory, String(places++));
  const manager = managerAt(place);
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
  assertShort(`${count} ${name}, ${what}`, held);
}

function assertShort(what: string, held: Record<string, Hold>): void {
  const spelled = Object.entries(held).map(
    ([act, { ms, garbageMs }]) => `${act} ${ms.toFixed(0)} (+${garbageMs.toFixed(0)})`,
  );
  if (LONG) console.log(`${what}, ms (of garbage besides): ${spelled.join(", ")}`);
  expect(Math.max(...Object.values(held).map(({ ms }) => ms)), spelled.join(", ")).toBeLessThan(MOST_MS);
}
