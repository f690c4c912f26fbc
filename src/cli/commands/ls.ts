import type { CheckpointManager } from "../../checkpoints/checkpoint-manager.js";
import type { CheckpointInfo } from "../../checkpoints/info.js";
import { CorruptCheckpointError, KuraError, StorageError } from "../../errors.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { directoryFor } from "../default-directory.js";
import { openDirectory } from "../directory.js";
import { spellBytes, spellCount, spellTime, textTable } from "../spell.js";

const HEADER = ["name", "rows", "size", "format", "saved", "verified"];

export const ls: Command = {
  spec: {
    name: "ls",
    about: "List the checkpoints of a directory.",
    argument: "[dir]",
    options: {},
    example: "kura ls checkpoints",
    notes: [
      "verified: yes - these are the bytes that were saved; by length - as many as were saved (a copied directory);",
      "no - somebody else saved them; damaged - they are not what was saved. `kura info <checkpoint> --check` reads every byte.",
    ].join("\n"),
  },
  async run({ argument }, effects) {
    const dir = await directoryFor(argument, effects);
    const found: string[][] = [];
    const errors: KuraError[] = [];
    for (const manager of await openDirectory(dir, effects)) {
      for (const name of await manager.listCheckpoints()) {
        const info = await infoOrError(manager, name, effects.signal);
        if (info instanceof KuraError) {
          found.push([
            name,
            "?",
            "?",
            manager.format,
            "?",
            info instanceof CorruptCheckpointError ? "damaged" : "unreadable",
          ]);
          errors.push(info);
        } else if (info) found.push(cells(info));
      }
    }
    const rows = [HEADER, ...found.sort(([a], [b]) => (a! < b! ? -1 : a! > b! ? 1 : 0))];
    const lines = rows.length === 1 ? [`"${dir}" has no checkpoints`] : textTable(rows, { right: [1, 2] });
    await effects.stdout.write(`${lines.join("\n")}\n`);
    for (const { message } of errors) await effects.stderr.write(`${message}\n`);
    return errors.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

export const VERIFIED = { bytes: "every byte", identity: "yes", length: "by length", no: "no" } as const;

async function infoOrError(
  manager: CheckpointManager,
  name: string,
  signal: AbortSignal,
): Promise<CheckpointInfo | KuraError | undefined> {
  try {
    return await manager.getCheckpointInfo(name, { signal });
  } catch (error) {
    if (error instanceof CorruptCheckpointError || error instanceof StorageError) return error;
    throw error;
  }
}

function cells({ name, rows, bytes, format, savedAt, verified, complete }: CheckpointInfo): string[] {
  return [
    name,
    (rows === undefined ? "?" : spellCount(rows)) + (complete ? "" : " (incomplete)"),
    spellBytes(bytes),
    format,
    savedAt ? spellTime(savedAt) : "?",
    VERIFIED[verified || "no"],
  ];
}
