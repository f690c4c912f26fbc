import { crc32 } from "node:zlib";
import type { CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import type { Phase } from "../../src/checkpoints/commit.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { decodeManifest } from "../../src/checkpoints/manifest.js";
import type { RowType } from "../../src/rows/row-type.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { LocalStorage } from "../../src/storage/local.js";
import { thisProcess } from "../../src/storage/process-identity.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";

/** Exists, durably. The checkpoint directory below it is made by the first save, so that its own name can be lost too. */
export const PARENT = "/data";
export const DIRECTORY = `${PARENT}/checkpoints`;
export const NAME = "notes";
export const VISIBLE = `${DIRECTORY}/${NAME}.jsonl`;
export const HISTORY = `${DIRECTORY}/.kura/${NAME}.jsonl`;
export const LOCKS = `${DIRECTORY}/.kura/locks`;
/** What a save makes. */
export const DIRECTORIES = [DIRECTORY, `${DIRECTORY}/.kura`, HISTORY, LOCKS];

export type Operation =
  | { do: "save"; label: string; madeFrom?: number }
  | { do: "delete" }
  /** The newest kept revision becomes the current rows again. */
  | { do: "restore" }
  | { do: "adopt" }
  /** A program that is not ours writes the visible file, durably. */
  | { do: "foreign"; label: string };

export interface Note {
  id: string;
  label: string;
  text: string;
}

export const NoteType: RowType<Note> = {
  name: "note",
  key: "id",
  columns: [
    { name: "id", type: "text" },
    { name: "label", type: "text" },
    { name: "text", type: "text" },
  ],
};

/** Rows that say of which save they are. Each label has another length, as other rows do. */
export function notesOf(label: string): Note[] {
  const count = 2 + (label.charCodeAt(0) % 5);
  return Array.from({ length: count }, (_, i) => ({ id: `${label}${i}`, label, text: `${label}`.repeat(10 + i) }));
}

/** What another program writes: the same rows, spelled its way. */
export function foreignBytes(label: string): Buffer {
  return Buffer.from(
    notesOf(label)
      .map((note) => `${JSON.stringify(note).replaceAll(":", " : ")}\n`)
      .join(""),
  );
}

/** The label, or what is wrong with the rows. */
export function labelOf(rows: readonly Note[]): string {
  const label = rows[0]?.label ?? "no rows";
  return JSON.stringify(rows) === JSON.stringify(notesOf(label)) ? label : `BROKEN rows ${JSON.stringify(rows)}`;
}

export function managerOn(fileSystem: FileSystem, options: CheckpointManagerOptions = {}): JSONLCheckpointManager {
  return new JSONLCheckpointManager(new LocalStorage(DIRECTORY, { fileSystem }), options);
}

export async function perform(manager: JSONLCheckpointManager, operation: Operation): Promise<void> {
  switch (operation.do) {
    case "save": {
      const madeFrom = operation.madeFrom === undefined ? {} : { madeFrom: { prompt: operation.madeFrom } };
      await manager.saveCheckpoint(NAME, notesOf(operation.label), NoteType, madeFrom);
      return;
    }
    case "delete":
      await manager.deleteCheckpoint(NAME);
      return;
    case "restore": {
      const newest = (await manager.listRevisions(NAME)).find(({ current }) => !current);
      if (!newest) throw new Error("Cannot restore: no revision is kept");
      await manager.restoreRevision(NAME, newest.id);
      return;
    }
    case "adopt":
      await manager.adoptCheckpoint(NAME, NoteType);
      return;
    case "foreign":
      throw new Error("Cannot perform what a stranger does through a manager");
  }
}

/**
 * What a reader of ours finds: "absent", "A@<revision>" for rows with a manifest, "foreign A" for rows without one, or "BROKEN …".
 * Reads rows and what is said of them from one opened checkpoint, and asks twice: by a look, and by hashing every byte.
 */
export async function viewOf(fileSystem: FileSystem): Promise<string> {
  try {
    const opened = await managerOn(fileSystem).openCheckpoint(NAME, NoteType);
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
      return checked.revision ? `${label}@${checked.revision.id}` : `foreign ${label}`;
    } finally {
      await opened.close();
    }
  } catch (error) {
    return `BROKEN ${String(error)}`;
  }
}

/** Kept revisions with a manifest that describes every byte of them, newest first, as `viewOf` names them. Read without our code. */
export function keptRevisions(fs: PowerLossFileSystem): string[] {
  const kept: string[] = [];
  for (const name of namesInHistory(fs)) {
    const manifest = name.endsWith(".json") ? decodeManifest(fs.bytesAt(`${HISTORY}/${name}`)!) : undefined;
    const bytes = manifest && fs.bytesAt(`${HISTORY}/${manifest.revision.id}.data`);
    if (!manifest || !bytes || bytes.length !== manifest.bytes) continue;
    let start = 0;
    const whole = manifest.pieces.every(({ byteEnd, crc32: wanted }) => {
      const sum = crc32(bytes.subarray(start, byteEnd));
      start = byteEnd;
      return sum === wanted;
    });
    if (whole && start === bytes.length) kept.push(`${labelOfLines(bytes)}@${manifest.revision.id}`);
  }
  return kept.sort((a, b) => (a.split("@")[1]! < b.split("@")[1]! ? 1 : -1));
}

/** The contents of files that were not ours and were displaced. */
export function keptForeign(fs: PowerLossFileSystem): Buffer[] {
  return namesInHistory(fs)
    .filter((name) => /^f.*\.data$/.test(name))
    .map((name) => Buffer.from(fs.bytesAt(`${HISTORY}/${name}`)!));
}

/** Files that only an operation under way may have. */
export function leftovers(fs: PowerLossFileSystem): string[] {
  return [...namesInHistory(fs), ...namesIn(fs, `${DIRECTORY}/.kura`), ...namesIn(fs, DIRECTORY)].filter((name) =>
    name.endsWith(".tmp"),
  );
}

/** The visible file and what is kept beside it, as far as they have more than one name: who rewrites one would rewrite both. */
export function sharedFiles(fs: PowerLossFileSystem): string[] {
  return [VISIBLE, ...namesInHistory(fs).map((name) => `${HISTORY}/${name}`)].filter((path) => {
    const ino = fs.tree.lookup(path);
    return ino !== undefined && fs.tree.linkCount(ino) > 1;
  });
}

/**
 * Let the processes that hold locks be dead. In a test they are this very process, alive; after a power cut or a kill they are not.
 * What a crash does to lock files themselves is tested in locks.test.ts.
 *
 * @param torn Also those whose file holds nothing yet; a real process would wait some seconds for them.
 */
export function buryLockHolders(fs: PowerLossFileSystem, { torn = true }: { torn?: boolean } = {}): void {
  for (const name of namesIn(fs, LOCKS)) {
    if (!name.endsWith(".lock")) continue;
    const path = `${LOCKS}/${name}`;
    const text = Buffer.from(fs.bytesAt(path)!).toString();
    const buried = text === "" && torn ? DEAD_HOLDER : text.replace(/"boot":"[^"]*"/, '"boot":"an earlier one"');
    if (buried !== text) fs.rewriteInPlace(path, Buffer.from(buried));
  }
}

/** A manager that can be moved to another file system, as one process that outlives others. */
export class Subject {
  #fileSystem: FileSystem | undefined;
  readonly #manager: JSONLCheckpointManager;
  onPhase: ((phase: Phase) => void) | undefined;
  #seasoned = false;

  constructor(options: CheckpointManagerOptions = {}) {
    this.#manager = managerOn(
      delegating(() => this.#fileSystem!),
      { ...options, onPhase: (phase) => this.onPhase?.(phase) },
    );
  }

  on(fileSystem: FileSystem): JSONLCheckpointManager {
    this.#fileSystem = fileSystem;
    return this.#manager;
  }

  /** Let it have saved before, elsewhere. */
  async season(): Promise<void> {
    if (this.#seasoned) return;
    this.#seasoned = true;
    const elsewhere = new PowerLossFileSystem();
    await elsewhere.mkdir(PARENT);
    await perform(this.on(elsewhere), { do: "save", label: "S" });
  }
}

const DEAD_HOLDER = JSON.stringify({ ...thisProcess(), boot: "an earlier one", since: "" });

function namesIn(fs: PowerLossFileSystem, directory: string): string[] {
  const ino = fs.tree.lookup(directory);
  return ino === undefined ? [] : [...fs.tree.directory(ino).now.keys()];
}

const namesInHistory = (fs: PowerLossFileSystem): string[] => namesIn(fs, HISTORY);

function labelOfLines(bytes: Uint8Array): string {
  try {
    const lines = Buffer.from(bytes).toString().trimEnd().split("\n");
    return labelOf(lines.map((line) => JSON.parse(line) as Note));
  } catch (error) {
    return `BROKEN ${String(error)}`;
  }
}

/** A file system that is decided anew at every call. */
function delegating(current: () => FileSystem): FileSystem {
  return {
    open: (path, flags) => current().open(path, flags),
    stat: (path) => current().stat(path),
    lstat: (path) => current().lstat(path),
    readdir: (path) => current().readdir(path),
    mkdir: (path) => current().mkdir(path),
    rename: (from, to) => current().rename(from, to),
    link: (from, to) => current().link(from, to),
    unlink: (path) => current().unlink(path),
    rmdir: (path) => current().rmdir(path),
    chmod: (path, mode) => current().chmod(path, mode),
    utimes: (path, atime, mtime) => current().utimes(path, atime, mtime),
    syncDirectory: (path) => current().syncDirectory(path),
  };
}
