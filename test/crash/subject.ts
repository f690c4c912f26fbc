import type { CheckpointManager, CheckpointManagerOptions } from "../../src/checkpoints/checkpoint-manager.js";
import type { Phase } from "../../src/checkpoints/writer.js";
import type { RowType } from "../../src/rows/row-type.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { thisProcess } from "../../src/storage/process-identity.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import type { Form } from "./form.js";

/** Exists, durably. The checkpoint directory below it is made by the first save, so that its own name can be lost too. */
export const PARENT = "/data";
export const DIRECTORY = `${PARENT}/checkpoints`;
export const NAME = "notes";
export const LOCKS = `${DIRECTORY}/.kura/locks`;

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

/** The label, or what is wrong with the rows. */
export function labelOf(rows: readonly Note[]): string {
  const label = rows[0]?.label ?? "no rows";
  return JSON.stringify(rows) === JSON.stringify(notesOf(label)) ? label : `BROKEN rows ${JSON.stringify(rows)}`;
}

export async function perform(manager: CheckpointManager, operation: Operation): Promise<void> {
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
    const isTorn = !text.endsWith("}");
    const buried = isTorn && torn ? DEAD_HOLDER : text.replace(/"boot":"[^"]*"/, '"boot":"an earlier one"');
    if (buried !== text) fs.rewriteInPlace(path, Buffer.from(buried));
  }
}

/** A manager that can be moved to another file system, as one process that outlives others. */
export class Subject {
  #fileSystem: FileSystem | undefined;
  readonly #manager: CheckpointManager;
  onPhase: ((phase: Phase) => void) | undefined;
  #seasoned = false;

  constructor(form: Form, options: CheckpointManagerOptions = {}) {
    this.#manager = form.managerOn(
      delegating(() => this.#fileSystem!),
      { ...options, onPhase: (phase) => this.onPhase?.(phase) },
    );
  }

  on(fileSystem: FileSystem): CheckpointManager {
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

const DEAD_HOLDER = JSON.stringify({ ...thisProcess(), boot: "an earlier one", since: "", token: "of nobody" });

export function namesIn(fs: PowerLossFileSystem, directory: string): string[] {
  const ino = fs.tree.lookup(directory);
  return ino === undefined ? [] : [...fs.tree.directory(ino).now.keys()];
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
