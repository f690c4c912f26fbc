import type { CheckpointInfo } from "../checkpoints/info.js";
import { KuraError } from "../errors.js";
import { isDamage, storedStep } from "../pipeline/stored-step.js";
import { isDirectory } from "./directory.js";
import { FORMATS, type FormatEntry, type FormatName, SILENT } from "./formats.js";

/**
 * The compression of what is saved in a directory, of the checkpoint that was saved last and says it. undefined where none does; files that
 * another program saved do not.
 */
export async function compressionThere(directory: string, format: FormatName): Promise<string | undefined> {
  const { compressionOf, open }: FormatEntry = FORMATS[format];
  if (!compressionOf || !isDirectory(directory)) return undefined;
  try {
    const manager = await open(directory, SILENT);
    const saved: CheckpointInfo[] = [];
    for (const name of await manager.listCheckpoints()) {
      const stored = await storedStep(manager, name);
      if (!isDamage(stored) && stored?.revision) saved.push(stored);
    }
    for (const { files } of saved.sort((a, b) => b.savedAt!.getTime() - a.savedAt!.getTime())) {
      const source = await manager.storage.open(files[0]!);
      const compression = source && (await compressionOf(source).finally(() => source.close()));
      if (compression !== undefined) return compression;
    }
  } catch (error) {
    // Who saves there is told what is wrong.
    if (!(error instanceof KuraError)) throw error;
  }
  return undefined;
}
