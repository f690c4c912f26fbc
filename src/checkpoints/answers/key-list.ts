import { randomBytes, randomUUID } from "node:crypto";
import { CorruptCheckpointError } from "../../errors.js";
import type { Storage, StoredFile } from "../../storage/storage.js";
import { encodeLine } from "./answer-line.js";
import { ANSWERS_DIRECTORY } from "./segment-names.js";
import { HEADER, scanLines } from "./segment-reader.js";

/*
 * Which answers the rows of one revision were made of, as a file beside them:
 *
 *   {"format":1}
 *   {"list":{"project":"…","step":"summaries","at":"…","keys":1000}}
 *   {"keys":"…"}                       the first half of each, in base64; as many lines as it takes
 *
 * It is durable before the revision is, whose fingerprint names it, and never changed.
 */

export interface KeyListHeader {
  /** Whose manifests may name it. @see projectId */
  readonly project: string;
  readonly step: string;
  readonly at: string;
}

export interface KeyList extends KeyListHeader {
  readonly keys: PackedKeys;
}

const NAME = /^\.kura\/answers\/(\d{13}-[0-9a-f]{16})\.keys$/;
const KEY_BYTES = 16;
const KEYS_A_LINE = 1 << 16;

const pathOf = (id: string) => `${ANSWERS_DIRECTORY}/${id}.keys`;

/** Halves of keys, 16 bytes each: 128 bits do not meet by chance. In the order in which they were added, the same perhaps twice. */
export class PackedKeys {
  #bytes = Buffer.alloc(64 * KEY_BYTES);
  #length = 0;

  get count(): number {
    return this.#length / KEY_BYTES;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(key: string): void {
    this.addBytes(Buffer.from(key.slice(0, 2 * KEY_BYTES), "hex"));
  }

  /** Of any number of keys. */
  addBytes(bytes: Buffer): void {
    while (this.#length + bytes.length > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    this.#length += bytes.copy(this.#bytes, this.#length);
  }

  /** Each as a text of 16 characters, which takes little memory. */
  *[Symbol.iterator](): Generator<string> {
    for (let at = 0; at < this.#length; at += KEY_BYTES) yield this.#bytes.toString("latin1", at, at + KEY_BYTES);
  }
}

/** What `PackedKeys` gives for a key. */
export function packKey(key: string): string {
  return Buffer.from(key.slice(0, 2 * KEY_BYTES), "hex").toString("latin1");
}

/** Durable when it resolves. Returns its id. */
export async function writeKeyList(storage: Storage, { keys, ...header }: KeyList): Promise<string> {
  const id = `${Date.now()}-${randomBytes(8).toString("hex")}`;
  const staged = await storage.stage(`${ANSWERS_DIRECTORY}/${randomUUID()}.tmp`, pathOf(id));
  try {
    await staged.write(HEADER);
    await staged.write(encodeLine(JSON.stringify({ list: { ...header, keys: keys.count } })));
    for (let start = 0; start < keys.bytes.length; start += KEYS_A_LINE * KEY_BYTES) {
      const part = keys.bytes.subarray(start, start + KEYS_A_LINE * KEY_BYTES);
      await staged.write(encodeLine(JSON.stringify({ keys: part.toString("base64") })));
    }
    await staged.seal();
    await staged.publish();
    return id;
  } finally {
    await staged.discard();
  }
}

/** Ids, oldest first. */
export async function listKeyLists(storage: Storage): Promise<string[]> {
  const files = await storage.list(ANSWERS_DIRECTORY);
  return files.flatMap(({ path }) => NAME.exec(path)?.[1] ?? []).sort();
}

/** When a list was made, by the clock of who made it. */
export function timeOfKeyList(id: string): number {
  return Number(id.slice(0, 13));
}

/** What writers that died were writing, or tried whether there is room with. */
export function isLitter({ path }: StoredFile): boolean {
  return path.startsWith(`${ANSWERS_DIRECTORY}/`) && path.endsWith(".tmp");
}

/**
 * Undefined if it has gone.
 *
 * @throws {CorruptCheckpointError} If it is not what was written.
 */
export async function readKeyList(storage: Storage, id: string): Promise<KeyList | undefined> {
  const path = pathOf(id);
  const source = await storage.open(path);
  if (!source) return undefined;
  const keys = new PackedKeys();
  let header: (KeyListHeader & { keys: number }) | undefined;
  try {
    for await (const { lines } of scanLines(source, 0, { path })) {
      for (const { json } of lines) {
        if (!json) throw damaged(storage, path);
        const line = JSON.parse(json.toString()) as { list?: KeyListHeader & { keys: number }; keys?: string };
        header ??= line.list;
        if (line.keys !== undefined) keys.addBytes(Buffer.from(line.keys, "base64"));
      }
    }
  } finally {
    await source.close();
  }
  if (header?.keys !== keys.count) throw damaged(storage, path);
  return { ...header, keys };
}

export async function removeKeyList(storage: Storage, id: string): Promise<void> {
  await storage.remove(pathOf(id));
}

function damaged({ label }: Storage, path: string): CorruptCheckpointError {
  return new CorruptCheckpointError(
    `${label}/${path}`,
    "the list of answers that a revision was made of is not what was written; remove it, and those that only it names are never dropped",
  );
}
