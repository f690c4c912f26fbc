import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CheckpointManager } from "../../src/checkpoints/checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { StorageError } from "../../src/errors.js";
import type { FileSystem } from "../../src/storage/file-system.js";
import { stateKey } from "../support/crash-states.js";
import { canBefall, type FaultCode } from "../support/fault-file-system.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { fileError } from "../support/memory-tree.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import { FORMS, JSONL } from "./form.js";
import { NAME, NoteType, notesOf, PARENT, perform, Subject } from "./subject.js";

/** Everything that only reads. */
async function readAll(manager: CheckpointManager): Promise<void> {
  const streamed = [];
  for await (const row of manager.streamCheckpoint(NAME, NoteType)) streamed.push(row);
  expect(streamed).toEqual(notesOf("B"));
  expect(await manager.loadCheckpoint(NAME, NoteType)).toEqual(notesOf("B"));
  expect(await manager.filterCheckpoint(NAME, { id: "B1" }, NoteType)).toEqual([notesOf("B")[1]]);
  expect(await manager.listCheckpoints()).toEqual([NAME]);
  expect(await manager.getCheckpointInfo(NAME, { check: true })).toMatchObject({ rows: notesOf("B").length });
}

/** Reads work; whatever would change something fails. */
function changeless(inner: FileSystem, code: FaultCode): FileSystem {
  return interceptFileSystem(inner, (call, run) => {
    if (canBefall("EROFS", call)) throw fileError(code, call.path, call.method);
    return run();
  });
}

const refused = (attempt: Promise<unknown>): Promise<void> => expect(attempt).rejects.toBeInstanceOf(StorageError);

it.each(
  FORMS.flatMap((form) => (["EROFS", "EACCES", "EPERM"] as const).map((code) => [form.name, code, form] as const)),
)(
  "%s: a directory in which every change ends in %s can be read, and refuses writing in words",
  async (_, code, form) => {
    for (const foreign of [false, true]) {
      const disk = new PowerLossFileSystem();
      await disk.mkdir(PARENT);
      await perform(new Subject(form).on(disk), { do: "save", label: foreign ? "A" : "B" });
      if (foreign) await form.writeForeign(disk, "B");
      const before = stateKey(disk);
      const fileSystem = changeless(disk, code);
      const manager = form.managerOn(fileSystem, { lockWaitMs: 100 });
      await readAll(manager);
      // Whoever wrote a directory anew left the parts that were there.
      expect((await manager.listRevisions(NAME)).length).toBe(foreign && form === JSONL ? 0 : 1);
      await refused(manager.saveCheckpoint(NAME, notesOf("C"), NoteType));
      await refused(manager.deleteCheckpoint(NAME));
      if (foreign) await refused(manager.adoptCheckpoint(NAME, NoteType));
      await readAll(manager);
      expect(stateKey(disk)).toBe(before);
    }
  },
);

const ROOT_IGNORES_MODES =
  process.getuid?.() === 0 ? "root may write where modes forbid it" : process.platform === "win32" && "no modes";

it.skipIf(ROOT_IGNORES_MODES)(
  `a directory without write permission can be read${ROOT_IGNORES_MODES ? ` (skipped: ${ROOT_IGNORES_MODES})` : ""}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "kura-read-only-"));
    try {
      const manager = new JSONLCheckpointManager(directory);
      await manager.saveCheckpoint(NAME, notesOf("B"), NoteType);
      for (const path of ["", ".kura", `.kura/${NAME}.jsonl`, ".kura/locks"]) await chmod(join(directory, path), 0o555);
      await readAll(new JSONLCheckpointManager(directory));
      await refused(new JSONLCheckpointManager(directory).saveCheckpoint(NAME, notesOf("C"), NoteType));
    } finally {
      for (const path of ["", ".kura", `.kura/${NAME}.jsonl`, ".kura/locks"]) await chmod(join(directory, path), 0o755);
      await rm(directory, { recursive: true });
    }
  },
);
