import type { ByteSource } from "../../bytes/byte-source.js";
import { CorruptCheckpointError, StorageError } from "../../errors.js";
import type { OpenedPart } from "../format.js";
import { inParts } from "./read-in-parts.js";
import type { FromScout, Open, Opened, Order, Served, ToScout, Wanted } from "./scout-messages.js";
import { STEPPED } from "./stepped-formats.js";

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

/** One question at a time. */
let onAnswer: ((answer: Served | Opened) => void) | undefined;
let onReached: (() => void) | undefined;
/** The step that the other process has finished. */
let reached = -1;

process.on("message", (message: ToScout) => {
  if (message.kind === "order") void obey(message);
  else if (message.kind === "reached") {
    reached = message.step;
    onReached?.();
  } else onAnswer?.(message);
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
  const found = await read(order).then(() => ({}), wrongWith);
  clearInterval(watch);
  say({ kind: "done", ...found, isSpent: process.memoryUsage.rss() > SPENT_RESIDENT_BYTES });
}

async function read({ format, variant, byteLength, path, type, options }: Order): Promise<void> {
  const open = await STEPPED[format](variant);
  const reader = await open(
    remoteSource("", byteLength),
    { type, path, pieces: undefined, trusted: false },
    openRemotePart,
  );
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
  for await (const _ of reader.batches(options, { pace }));
}

function remoteSource(file: string, byteLength: number): ByteSource {
  return {
    byteLength,
    read: inParts(async (start, end) => ((await ask({ kind: "wanted", file, start, end })) as Served).bytes),
    close: async () => {},
  };
}

async function openRemotePart(file: string): Promise<OpenedPart | undefined> {
  const { part } = (await ask({ kind: "open", file })) as Opened;
  return part && { source: remoteSource(file, part.byteLength), path: part.path, pieces: undefined };
}

function ask(question: Wanted | Open): Promise<Served | Opened> {
  const answer = new Promise<Served | Opened>((resolve) => {
    onAnswer = resolve;
  });
  say(question);
  return answer;
}

function wrongWith(error: unknown): Pick<Extract<FromScout, { kind: "done" }>, "damage" | "failure"> {
  if (error instanceof CorruptCheckpointError) {
    const { path, reason, row, field } = error;
    return { damage: { path, reason, row, field } };
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof StorageError) return { failure: reason };
  return { damage: { path: undefined, reason, row: undefined, field: undefined } };
}
