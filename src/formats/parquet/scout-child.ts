import type { ByteSource } from "../../bytes/byte-source.js";
import { CorruptCheckpointError } from "../../errors.js";
import { openTable, readBatches } from "./reader.js";
import type { FromScout, Order, Served, ToScout } from "./scout-messages.js";

/*
 * A process of its own that reads files nobody vouches for, before the process that wants their rows does (scout.ts). If a file is
 * made to exhaust memory, it is this one that ends.
 */

/** How many steps it may be ahead: enough to keep two cores busy, and few to hold. */
const MOST_AHEAD = 2;
/** Of the whole process: what is not on V8's heap has no limit of its own. Decoding gives the event loop a turn every 20 ms. */
const MOST_RESIDENT_BYTES = 400 << 20;
const WATCH_MS = 20;
const SPENT_RESIDENT_BYTES = 192 << 20;

let onServed: ((bytes: Uint8Array) => void) | undefined;
let onReached: (() => void) | undefined;
/** The step that the other process has finished. */
let reached = -1;

process.on("message", (message: ToScout) => {
  if (message.kind === "order") void obey(message);
  else if (message.kind === "served") onServed?.(message.bytes);
  else {
    reached = message.step;
    onReached?.();
  }
});
process.on("disconnect", () => process.exit());

function say(message: FromScout): void {
  process.send?.(message);
}

async function obey(order: Order): Promise<void> {
  reached = -1;
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > MOST_RESIDENT_BYTES) process.exit(1);
  }, WATCH_MS);
  const damage = await read(order).then(() => undefined, damageOf);
  clearInterval(watch);
  say({ kind: "done", damage, isSpent: process.memoryUsage.rss() > SPENT_RESIDENT_BYTES });
}

async function read({ byteLength, path, type, options }: Order): Promise<void> {
  const table = await openTable(remoteSource(byteLength), { type, path, pieces: undefined, trusted: false });
  const pace = {
    before: async (step: number) => {
      while (step > reached + 1 + MOST_AHEAD) {
        await new Promise<void>((resolve) => {
          onReached = resolve;
        });
      }
    },
    after: async (step: number) => say({ kind: "reached", step }),
  };
  for await (const _ of readBatches(table, options, pace));
}

/** One read at a time. */
function remoteSource(byteLength: number): ByteSource {
  return {
    byteLength,
    read: (start, end) => {
      const bytes = new Promise<Served["bytes"]>((resolve) => {
        onServed = resolve;
      });
      say({ kind: "wanted", start, end });
      return bytes;
    },
    close: async () => {},
  };
}

function damageOf(error: unknown): NonNullable<Extract<FromScout, { kind: "done" }>["damage"]> {
  if (error instanceof CorruptCheckpointError) return { reason: error.reason, row: error.row, field: error.field };
  return { reason: error instanceof Error ? error.message : String(error), row: undefined, field: undefined };
}
