import type { ByteSource } from "../../bytes/byte-source.js";
import { Damage } from "../columnar/damage.js";
import { COMPRESSIONS, type CompressionName } from "./compressions.js";
import { readFooter } from "./footer.js";

/**
 * With which compression a file was written; undefined where no column is compressed, which says nothing: columns that would get no smaller
 * are left as they are, and a few rows are often none but such.
 */
export async function compressionOf(source: ByteSource): Promise<CompressionName | undefined> {
  try {
    const { groups } = await readFooter(source, undefined);
    const codecs = new Set(groups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec)));
    const names = Object.keys(COMPRESSIONS) as CompressionName[];
    return names.find((name) => name !== "none" && codecs.has(COMPRESSIONS[name].codec));
  } catch (error) {
    if (error instanceof Damage) return undefined;
    throw error;
  }
}
