import { crc32 } from "node:zlib";
import { CheckpointManager, type CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import { decodeManifest } from "../../src/checkpoints/manifest.js";
import type { Format } from "../../src/formats/format.js";
import { jsonlFormat } from "../../src/formats/jsonl.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { LocalStorage } from "../../src/storage/local.js";
import { HEAD, INFO, partedFormat } from "../support/parted-format.js";
import type { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { DIRECTORY, LOCKS, labelOf, NAME, type Note, NoteType, namesIn, notesOf, PARENT } from "./subject.js";

/** Rows as another program spells them. */
function foreignLines(label: string): Buffer {
  return Buffer.from(
    notesOf(label)
      .map((note) => `${JSON.stringify(note).replaceAll(":", " : ")}\n`)
      .join(""),
  );
}

/** What is written, and what is kept of it: one file, or a directory. */
export class Form {
  readonly name: string;
  readonly #format: Format;
  /** What another program writes, in that order: the head last. */
  readonly foreignFiles: (label: string) => { path: string; bytes: Buffer }[];
  /** Absolute, as all paths here. */
  readonly head: string;
  /** Of the head and its parts. */
  readonly directory: string;
  readonly history: string;
  /** What a save makes and nothing takes away. */
  readonly directories: readonly string[];

  constructor(format: Format, { head, history, foreignFiles }: Pick<Form, "head" | "history" | "foreignFiles">) {
    this.name = format.name;
    this.#format = format;
    this.head = head;
    this.history = history;
    this.foreignFiles = foreignFiles;
    this.directory = head.slice(0, head.lastIndexOf("/"));
    this.directories = [DIRECTORY, `${DIRECTORY}/.kura`, history, LOCKS];
  }

  managerOn(fileSystem: FileSystem, options: CheckpointManagerOptions = {}): CheckpointManager {
    return new CheckpointManager(this.#format, new LocalStorage(DIRECTORY, { fileSystem }), options);
  }

  /** Let another program write its rows, durably, and in place where files of their names are there. */
  async writeForeign(fs: PowerLossFileSystem, label: string): Promise<void> {
    for (const path of new Set([DIRECTORY, this.directory])) {
      if (fs.tree.lookup(path) !== undefined) continue;
      await fs.mkdir(path);
      await fs.syncDirectory(path === DIRECTORY ? PARENT : DIRECTORY);
    }
    for (const { path, bytes } of this.foreignFiles(label)) fs.rewriteInPlace(path, bytes);
  }

  /** All bytes that make up what a head says; undefined if some are missing. */
  contentAt(fs: PowerLossFileSystem, head: string): Buffer | undefined {
    const bytes = fs.bytesAt(head);
    if (!bytes) return undefined;
    const files = [bytes, ...partsOf(bytes, this.#format).map((name) => fs.bytesAt(`${this.directory}/${name}`))];
    return files.every((file) => file !== undefined) ? Buffer.concat(files) : undefined;
  }

  foreignContent(label: string): Buffer {
    const files = this.foreignFiles(label).filter(({ path }) => !path.endsWith(INFO));
    return Buffer.concat([files.at(-1)!, ...files.slice(0, -1)].map(({ bytes }) => bytes));
  }

  /**
   * What a reader of ours finds: "absent", "A@<revision>" for rows with a manifest, "foreign A" for rows without one, or "BROKEN …".
   * Reads rows and what is said of them from one opened checkpoint, and asks twice: by a look, and by hashing every byte.
   */
  async viewOf(fileSystem: FileSystem): Promise<string> {
    try {
      const opened = await this.managerOn(fileSystem).openCheckpoint(NAME, NoteType);
      if (!opened) return "absent";
      try {
        const rows: Note[] = [];
        for await (const row of opened.rows()) rows.push(row);
        const checked = await opened.check();
        const { info } = opened;
        if (info.verified === "identity" && info.revision?.id !== checked.revision?.id) {
          return `BROKEN identity: revision ${info.revision?.id} by a look, ${checked.revision?.id} by its bytes`;
        }
        const label = labelOf(rows);
        const others = await this.#seenByOthers(fileSystem);
        if (others !== undefined) return `BROKEN for others: ${others}`;
        return checked.revision ? `${label}@${checked.revision.id}` : `foreign ${label}`;
      } finally {
        await opened.close();
      }
    } catch (error) {
      return `BROKEN ${String(error)}`;
    }
  }

  /** What is wrong to programs that want the companion beside the head. */
  async #seenByOthers(fileSystem: FileSystem): Promise<string | undefined> {
    const storage = new LocalStorage(this.directory, { fileSystem });
    // A head that has just gone takes the companion with it.
    if (this.directory === DIRECTORY || !(await storage.identify(HEAD))) return undefined;
    const companion = await storage.open(INFO);
    if (!companion) return (await storage.identify(HEAD)) ? `no ${INFO}` : undefined;
    try {
      JSON.parse(Buffer.from(await companion.read(0, companion.byteLength)).toString());
      return undefined;
    } catch (error) {
      return `${INFO}: ${String(error)}`;
    } finally {
      await companion.close();
    }
  }

  /** Kept revisions with a manifest that describes every byte of them, newest first, as `viewOf` names them. Read without our code. */
  keptRevisions(fs: PowerLossFileSystem): string[] {
    const kept: string[] = [];
    for (const name of namesIn(fs, this.history)) {
      const manifest = name.endsWith(".json") ? decodeManifest(fs.bytesAt(`${this.history}/${name}`)!) : undefined;
      if (!manifest) continue;
      const parts = manifest.parts ?? [];
      const head = fs.bytesAt(`${this.history}/${manifest.revision.id}.data`);
      const files = parts.map((part) => fs.bytesAt(`${this.directory}/${part.name}`));
      if (!fits(head, manifest.pieces) || !files.every((file, at) => fits(file, parts[at]!.pieces))) continue;
      const rows = parts.length > 0 ? Buffer.concat(files as Uint8Array[]) : head!;
      kept.push(`${labelOfLines(rows)}@${manifest.revision.id}`);
    }
    return kept.sort((a, b) => (a.split("@")[1]! < b.split("@")[1]! ? 1 : -1));
  }

  /** All that is kept, ours or not, under whatever name. */
  keptContents(fs: PowerLossFileSystem, names = /\.data$/): Buffer[] {
    return namesIn(fs, this.history)
      .filter((name) => names.test(name))
      .map((name) => this.contentAt(fs, `${this.history}/${name}`) ?? Buffer.from("missing"));
  }

  /** The contents of what was not ours and was displaced. */
  keptForeign(fs: PowerLossFileSystem): Buffer[] {
    return this.keptContents(fs, /^f.*\.data$/);
  }

  /** Files that only an operation under way may have, and parts that nobody lists. */
  leftovers(fs: PowerLossFileSystem): string[] {
    const temporary = [this.history, `${DIRECTORY}/.kura`, DIRECTORY]
      .flatMap((directory) => namesIn(fs, directory))
      .filter((name) => name.endsWith(".tmp"));
    if (this.directory === DIRECTORY) return temporary;
    const heads = [this.head, ...namesIn(fs, this.history).map((name) => `${this.history}/${name}`)].filter(
      (path) => path === this.head || path.endsWith(".data"),
    );
    const listed = new Set(heads.flatMap((path) => partsOf(fs.bytesAt(path) ?? new Uint8Array(0), this.#format)));
    const files = namesIn(fs, this.directory);
    const hasHead = fs.bytesAt(this.head) !== undefined;
    const known = (name: string) => listed.has(name) || (hasHead && (name === HEAD || name === INFO));
    // What a stranger wrote and rewrote is his.
    return [...temporary, ...files.filter((name) => !known(name) && !name.startsWith("theirs"))];
  }

  /** What is visible and what is kept beside it, as far as they have more than one name: who rewrites one would rewrite both. */
  sharedFiles(fs: PowerLossFileSystem): string[] {
    const kept = namesIn(fs, this.history).map((name) => `${this.history}/${name}`);
    return [this.head, ...kept].filter((path) => {
      const ino = fs.tree.lookup(path);
      return ino !== undefined && fs.tree.linkCount(ino) > 1;
    });
  }
}

function fits(
  bytes: Uint8Array | undefined,
  pieces: readonly { readonly byteEnd: number; readonly crc32: number }[],
): boolean {
  if (!bytes) return false;
  let start = 0;
  for (const { byteEnd, crc32: wanted } of pieces) {
    if (crc32(bytes.subarray(start, byteEnd)) !== wanted) return false;
    start = byteEnd;
  }
  return start === bytes.length;
}

function partsOf(head: Uint8Array, format: Format): string[] {
  if (!format.directory || head.length === 0) return [];
  return (JSON.parse(Buffer.from(head).toString()) as { head: { parts: string[] } }).head.parts;
}

function labelOfLines(bytes: Uint8Array): string {
  try {
    const lines = Buffer.from(bytes).toString().trimEnd().split("\n");
    return labelOf(lines.map((line) => JSON.parse(line) as Note));
  } catch (error) {
    return `BROKEN ${String(error)}`;
  }
}

export const JSONL = new Form(jsonlFormat, {
  head: `${DIRECTORY}/${NAME}.jsonl`,
  history: `${DIRECTORY}/.kura/${NAME}.jsonl`,
  foreignFiles: (label) => [{ path: `${DIRECTORY}/${NAME}.jsonl`, bytes: foreignLines(label) }],
});

/** A directory of a head and two or three parts. */
export const PARTED = new Form(partedFormat(), {
  head: `${DIRECTORY}/${NAME}/${HEAD}`,
  history: `${DIRECTORY}/.kura/${NAME}.hf-dataset`,
  foreignFiles: (label) => {
    const part = "theirs-0.jsonl";
    const head = { head: { parts: [part], columns: NoteType.columns, theirs: label.repeat(7) } };
    return [
      { path: `${DIRECTORY}/${NAME}/${part}`, bytes: foreignLines(label) },
      { path: `${DIRECTORY}/${NAME}/${INFO}`, bytes: Buffer.from('{"features":{}}') },
      { path: `${DIRECTORY}/${NAME}/${HEAD}`, bytes: Buffer.from(`${JSON.stringify(head)}\n`) },
    ];
  },
});

export const FORMS = [JSONL, PARTED];
