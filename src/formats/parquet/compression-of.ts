import type { ByteSource } from "../../bytes/byte-source.js";
import { Damage } from "../columnar/damage.js";
import { COMPRESSIONS, type CompressionName } from "./compressions.js";
import { readFooter } from "./footer.js";

/**
 * With which compression a file was written: its first of a column, as columns that it would not make smaller are left as they are.
 * "none" may be that too; undefined where nothing says, or by none that files are written with.
 */
export async function compressionOf(source: ByteSource): Promise<CompressionName | undefined> {
  try {
    const { groups } = await readFooter(source, undefined);
    const codecs = new Set(groups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec)));
    const names = Object.keys(COMPRESSIONS) as CompressionName[];
    // The last of them is "none".
    return names.find((name) => codecs.has(COMPRESSIONS[name].codec));
  } catch (error) {
    if (error instanceof Damage) return undefined;
    throw error;
  }
}
