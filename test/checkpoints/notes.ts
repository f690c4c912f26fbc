import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import type { CheckpointEvent } from "../../src/checkpoints/event.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { rowType } from "../../src/rows/row-type.js";

export const NoteType = rowType({
  name: "note",
  key: "id",
  columns: [
    { name: "id", type: "int32" },
    { name: "text", type: "text" },
    { name: "meta", type: "json", nullable: true },
  ],
});

export const note = (id: number, text = `note ${id} 🦆`) => ({ id, text, meta: { n: id, tags: ["a", null] } });
export const notes = (count: number, text?: string) => Array.from({ length: count }, (_, id) => note(id, text));

const made: string[] = [];

/** An empty directory, removed when the tests of the file are done. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "kura-checkpoints-"));
  made.push(directory);
  return directory;
}

afterAll(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** A manager of checkpoints in a directory, and by name what lies there. */
export class Workplace {
  readonly directory: string;
  readonly manager: JSONLCheckpointManager;
  readonly events: CheckpointEvent[] = [];

  constructor(directory: string, options: CheckpointManagerOptions = {}) {
    this.directory = directory;
    this.manager = new JSONLCheckpointManager(directory, {
      lockWaitMs: 60_000,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Codes of the warnings since the last call. */
  warnings(): string[] {
    return this.events.splice(0).flatMap((event) => (event.type === "warning" ? [event.code] : []));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.path(name));
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeFile(this.path(name), content);
  }

  /** Names in the history of a checkpoint, sorted. */
  async history(checkpoint = "notes"): Promise<string[]> {
    return (await readdir(this.path(`.kura/${checkpoint}.jsonl`)).catch(() => [])).sort();
  }

  /** The path of the manifest of the current revision, relative to the directory. */
  async manifest(checkpoint = "notes"): Promise<string> {
    const [current] = await this.manager.listRevisions(checkpoint);
    return `.kura/${checkpoint}.jsonl/${current!.id}.json`;
  }
}

export async function workplace(options?: CheckpointManagerOptions): Promise<Workplace> {
  return new Workplace(await newDirectory(), options);
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) return outcome.error as Error;
  throw new Error(`It resolved with ${JSON.stringify(outcome.value)?.slice(0, 200)}`);
}
