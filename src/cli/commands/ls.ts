import type { CheckpointInfo } from "../../checkpoints/info.js";
import { CorruptCheckpointError, HubError, KuraError, StorageError } from "../../errors.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { CONFIG_OPTION } from "../config/load-config.js";
import { openCopies } from "../copies.js";
import { assertDataset } from "../hub.js";
import { spellBytes, spellCount, spellTime, textTable } from "../spell.js";

const HEADER = ["name", "rows", "size", "format", "saved", "verified"];

const OPTIONS = { config: CONFIG_OPTION } as const;

export const ls: Command<typeof OPTIONS> = {
  spec: {
    name: "ls",
    about: "List the checkpoints of a directory, or of all copies that the config names.",
    argument: "[[format:]dir]",
    options: OPTIONS,
    example: "kura ls checkpoints",
    notes: [
      "verified: yes - these are the bytes that were saved; by length - as many as were saved (a copied directory);",
      "no - somebody else saved them; damaged - they are not what was saved. `kura info <checkpoint> --check` reads every byte.",
    ].join("\n"),
  },
  async run({ argument, options: { config } }, effects) {
    const copies = await openCopies({ typed: argument === undefined ? undefined : [argument], config }, effects);
    const found: string[][] = [];
    const errors: KuraError[] = [];
    const where = (label: string) => (copies.areSeveral ? [label] : []);
    for (const { label, managers, isAbsent } of copies.all) {
      if (isAbsent) await effects.stderr.write(`there is no directory "${label}"\n`);
      for (const manager of managers) {
        const names = await orError(async () => {
          const there = await manager.listCheckpoints({ signal: effects.signal });
          // Of a single one that was asked when it was opened.
          if (there.length === 0 && copies.areSeveral) await assertDataset(manager, effects.signal);
          return there;
        });
        if (names instanceof KuraError) {
          if (!copies.areSeveral) throw names;
          errors.push(names);
          continue;
        }
        for (const name of names) {
          const info = await orError(() => manager.getCheckpointInfo(name, { signal: effects.signal }));
          if (info instanceof KuraError) {
            const state = info instanceof CorruptCheckpointError ? "damaged" : "unreadable";
            found.push([name, ...where(label), "?", "?", manager.format, "?", state]);
            errors.push(info);
          } else if (info) {
            const [, ...rest] = cells(info);
            found.push([name, ...where(label), ...rest]);
          }
        }
      }
    }
    const [first, ...others] = HEADER;
    const rows = [[first!, ...where("copy"), ...others], ...found.sort(([a], [b]) => (a! < b! ? -1 : a! > b! ? 1 : 0))];
    const right = copies.areSeveral ? [2, 3] : [1, 2];
    const lines = rows.length === 1 ? [`"${copies.location}" has no checkpoints`] : textTable(rows, { right });
    await effects.stdout.write(`${lines.join("\n")}\n`);
    for (const { message } of errors) await effects.stderr.write(`${message}\n`);
    return errors.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

export const VERIFIED = { bytes: "every byte", identity: "yes", length: "by length", no: "no" } as const;

/** What is wrong with one says nothing of the others. */
async function orError<T>(look: () => Promise<T>): Promise<T | KuraError> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof CorruptCheckpointError || error instanceof StorageError || error instanceof HubError)
      return error;
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
