import type { CheckpointInfo } from "../checkpoints/info.js";
import { KuraError } from "../errors.js";
import { isDamage, storedStep } from "../pipeline/stored-step.js";
import { isDirectory } from "./directory.js";
import { FORMATS, type FormatEntry, type FormatName, type FormatOptions, SILENT } from "./formats.js";

/**
 * With which options what is saved in a directory was written: each as the checkpoint shows it that was saved last of those that do. Files
 * that another program saved say nothing.
 */
export async function writtenThere(directory: string, format: FormatName): Promise<FormatOptions> {
  const { writtenWith, open }: FormatEntry = FORMATS[format];
  if (!writtenWith || !isDirectory(directory)) return {};
  let { compression, dialect }: FormatOptions = {};
  try {
    const manager = await open(directory, SILENT);
    const saved: CheckpointInfo[] = [];
    for (const name of await manager.listCheckpoints()) {
      const stored = await storedStep(manager, name);
      if (!isDamage(stored) && stored?.revision) saved.push(stored);
    }
    for (const { files, columns } of saved.sort((a, b) => b.savedAt!.getTime() - a.savedAt!.getTime())) {
      const source = await manager.storage.open(files[0]!);
      const shown = source && (await writtenWith(source, columns).finally(() => source.close()));
      compression ??= shown?.compression;
      dialect ??= shown?.dialect;
      if (compression !== undefined && dialect !== undefined) break;
    }
  } catch (error) {
    // Who saves there is told what is wrong.
    if (!(error instanceof KuraError)) throw error;
  }
  return { compression, dialect };
}
