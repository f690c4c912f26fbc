import { copyFile, mkdir, rm, truncate } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { CorruptCheckpointError } from "../../src/errors.js";
import { jsonlFormat } from "../../src/formats/jsonl.js";
import { ConversationSummary } from "../../src/rows/builtin.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { LocalStorage } from "../../src/storage/local.js";
import { nodeFileSystem } from "../../src/storage/node-file-system.js";
import { LONG, SEED } from "../crash/scale.js";
import { memorySource } from "../support/memory-source.js";
import { seededIndex, seededRandom } from "../support/random.js";
import { NoteType, notes, rejection, type Workplace, workplace } from "./notes.js";

// A small checkpoint, damaged in every way that one cut or one bit can do; and what the same does where no manifest is there to tell.

const FLIPS = LONG ? 10_000 : 150;
const EVERY_CUT = LONG ? 1 : 10;
const lines: string[] = [];
afterAll(() => console.log(`damage, seed ${SEED}\n${lines.map((line) => `  ${line}`).join("\n")}`));

const summaries = Array.from({ length: 12 }, (_, n) => ({
  summary: `The user asks about number ${n} — Grüße 🦆`,
  request: n % 2 ? null : `request ${n}`,
  topic: null,
  languages: ["english"],
  task: "",
  concerning_score: (n % 5) + 1,
  user_frustration: null,
  assistant_errors: [],
  chat_id: `chat-${n}`,
  metadata: { turns: n },
  embedding: null,
}));
const KINDS = {
  notes: { rows: notes(25), type: NoteType },
  summaries: { rows: summaries, type: ConversationSummary },
} as const;

type Outcome = "refused" | "unverified" | "as saved" | "WRONG";

/** What loading gives, and whether it is told. */
async function outcomeOf(place: Workplace, name: keyof typeof KINDS): Promise<Outcome> {
  place.warnings();
  try {
    const rows = await place.manager.loadCheckpoint(name, KINDS[name].type as never);
    const isSame = JSON.stringify(rows) === JSON.stringify(KINDS[name].rows);
    if (place.warnings().includes("unverified")) return "unverified";
    return isSame ? "as saved" : "WRONG";
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error;
    return "refused";
  }
}

async function saved(name: keyof typeof KINDS): Promise<{ place: Workplace; bytes: Buffer }> {
  const place = await workplace();
  await place.manager.saveCheckpoint(name, KINDS[name].rows as never, KINDS[name].type as never);
  return { place, bytes: await place.read(`${name}.jsonl`) };
}

function count(outcomes: readonly Outcome[]): Partial<Record<Outcome, number>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

it.each(["notes", "summaries"] as const)("%s: every length to which the file is cut is refused", async (name) => {
  const { place, bytes } = await saved(name);
  const outcomes: Outcome[] = [];
  for (let length = bytes.length - 1; length >= 0; length--) {
    if (length % EVERY_CUT !== 0 && bytes[length - 1] !== 10 && bytes[length] !== 10) continue;
    await truncate(place.path(`${name}.jsonl`), length);
    outcomes.push(await outcomeOf(place, name));
  }
  lines.push(`${name}: ${outcomes.length} cuts with a manifest: ${JSON.stringify(count(outcomes))}`);
  expect(count(outcomes)).toEqual({ refused: outcomes.length });
});

it.each(["notes", "summaries"] as const)("%s: no flipped bit gives rows that were not saved, unsaid", async (name) => {
  const { place, bytes } = await saved(name);
  const random = seededRandom(SEED);
  const outcomes: Outcome[] = [];
  for (let flip = 0; flip < FLIPS; flip++) {
    const bit = seededIndex(random, bytes.length * 8);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    await place.write(`${name}.jsonl`, bytes);
    outcomes.push(await outcomeOf(place, name));
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
  lines.push(`${name}: ${outcomes.length} flips with a manifest: ${JSON.stringify(count(outcomes))}`);
  expect(count(outcomes)).toEqual({ refused: outcomes.length });
});

it.each(["notes", "summaries"] as const)(
  "%s: whatever happens to its manifest, the rows are those that were saved",
  async (name) => {
    const { place } = await saved(name);
    const path = await place.manifest(name);
    const bytes = await place.read(path);
    const random = seededRandom(SEED);
    const outcomes: Outcome[] = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      const bit = seededIndex(random, bytes.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await place.write(path, bytes);
      outcomes.push(await outcomeOf(place, name));
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    for (let length = 0; length < bytes.length; length += EVERY_CUT) {
      await place.write(path, bytes.subarray(0, length));
      outcomes.push(await outcomeOf(place, name));
    }
    lines.push(`${name}: ${outcomes.length} flips and cuts of the manifest: ${JSON.stringify(count(outcomes))}`);
    expect(count(outcomes)).toEqual({ unverified: outcomes.length });
  },
);

it.each(["notes", "summaries"] as const)(
  "%s: without a manifest, most of it is told and the rest is honest about it",
  async (name) => {
    const { rows, type } = KINDS[name];
    const { bytes } = await saved(name);
    const wanted = JSON.stringify(rows);
    const read = async (content: Uint8Array): Promise<"refused" | "same rows" | "other rows"> => {
      try {
        const options = { type: type as never, path: "x", pieces: undefined, trusted: false };
        const reader = await jsonlFormat.read(memorySource(content), options);
        const found: unknown[] = [];
        for await (const batch of reader.batches({})) found.push(...batch);
        return JSON.stringify(found) === wanted ? "same rows" : "other rows";
      } catch (error) {
        if (!(error instanceof CorruptCheckpointError)) throw error;
        return "refused";
      }
    };
    const cuts = { refused: 0, "same rows": 0, "other rows": 0 };
    for (let length = 0; length < bytes.length; length++) cuts[await read(bytes.subarray(0, length))]++;
    // At the end of a line a file is whole by its own format: nothing in it says that there was more.
    expect(cuts).toEqual({
      refused: bytes.length - 2 * rows.length,
      "same rows": 1,
      "other rows": 2 * rows.length - 1,
    });

    const random = seededRandom(SEED);
    const flips = { refused: 0, "same rows": 0, "other rows": 0 };
    for (let flip = 0; flip < FLIPS; flip++) {
      const bit = seededIndex(random, bytes.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      flips[await read(bytes)]++;
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    lines.push(`${name}: ${bytes.length} cuts without a manifest: ${JSON.stringify(cuts)}`);
    lines.push(`${name}: ${FLIPS} flips without a manifest: ${JSON.stringify(flips)}`);
    expect(flips.refused).toBeGreaterThan(FLIPS / 4);
  },
);

it("bits that rot on the disk, with inode and time as they were, are noticed before their row is given", async () => {
  const { place, bytes } = await saved("notes");
  const rotten = new JSONLCheckpointManager(
    new LocalStorage(place.directory, { fileSystem: rotting(bytes.indexOf("note 17")) }),
  );
  expect(await rotten.getCheckpointInfo("notes")).toMatchObject({ verified: "identity" });
  const rows: { id: number }[] = [];
  const error = await rejection(
    (async () => {
      for await (const row of rotten.streamCheckpoint("notes", NoteType)) rows.push(row);
    })(),
  );
  expect(error).toBeInstanceOf(CorruptCheckpointError);
  expect(error.message).toMatch(/which hold rows \d+-\d+, are not those that were saved/);
  expect(rows.every(({ id }) => id < 17)).toBe(true);
  await expect(rotten.getCheckpointInfo("notes", { check: true })).rejects.toThrow(CorruptCheckpointError);
  expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(25));
});

/** A disk on which one bit of notes.jsonl is another whenever it is read. */
function rotting(at: number): FileSystem {
  return {
    ...nodeFileSystem,
    async open(path, flags, mode) {
      const file = await nodeFileSystem.open(path, flags, mode);
      if (!path.endsWith("/notes.jsonl")) return file;
      return {
        ...file,
        async read(buffer, offset, length, position) {
          const taken = await file.read(buffer, offset, length, position);
          if (position <= at && at < position + taken) buffer[offset + at - position]! ^= 1;
          return taken;
        },
      };
    },
  };
}

it("a kept revision that is damaged is refused when it is restored, and what stands stays", async () => {
  const { place, bytes } = await saved("notes");
  const { manager } = place;
  await manager.saveCheckpoint("notes", notes(3), NoteType);
  const kept = (await manager.listRevisions("notes"))[1]!;
  const path = `.kura/notes.jsonl/${kept.id}.data`;
  for (const damaged of [
    bytes.subarray(0, 50),
    bytes.subarray(0, bytes.length - 1),
    Buffer.from(bytes).fill(64, 99, 100),
  ]) {
    await place.write(path, damaged);
    const error = await rejection(manager.restoreRevision("notes", kept.id));
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect(error.message).toContain(place.path(path));
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
  }
  await place.write(path, bytes);
  await manager.restoreRevision("notes", kept.id);
  expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(25));
});

it("another file's manifest, beside a file of any length, describes nothing", async () => {
  const { place } = await saved("notes");
  const manifest = await place.manifest();
  const id = manifest.split("/").at(-1)!;
  for (const [name, rows] of [
    ["shorter", notes(3)],
    ["same", notes(25, "x".repeat(10)).map((row) => row)],
    ["longer", notes(60)],
  ] as const) {
    await place.manager.saveCheckpoint(name, rows, NoteType);
    await rm(place.path(`.kura/${name}.jsonl`), { recursive: true });
    await mkdir(place.path(`.kura/${name}.jsonl`));
    await copyFile(place.path(manifest), place.path(`.kura/${name}.jsonl/${id}`));
    const outcome = await place.manager.loadCheckpoint(name, NoteType).catch((error: unknown) => error);
    if (outcome instanceof CorruptCheckpointError) continue;
    expect(outcome).toEqual(rows);
    expect(place.warnings()).toContain("unverified");
  }
});
