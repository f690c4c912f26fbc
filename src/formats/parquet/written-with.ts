import type { ByteSource } from "../../bytes/byte-source.js";
import type { Columns } from "../../rows/column.js";
import { Damage } from "../columnar/damage.js";
import { COMPRESSIONS, type CompressionName } from "./compressions.js";
import { type Footer, readFooter } from "./footer.js";

/** With which options a file was written, as far as it shows. */
export interface WrittenWith {
  /** Not "none": columns that would get no smaller are left as they are, and a few rows are often none but such. */
  readonly compression?: CompressionName | undefined;
  /** Of a file without lists, structs and maps nobody can tell. */
  readonly dialect?: "kura-python" | "none" | undefined;
}

/** @param columns What is in it, whatever it is stored as. */
export async function writtenWith(source: ByteSource, columns: Columns): Promise<WrittenWith> {
  try {
    const footer = await readFooter(source, undefined);
    return { compression: compressionOf(footer), dialect: dialectOf(footer, columns) };
  } catch (error) {
    if (error instanceof Damage) return {};
    throw error;
  }
}

function compressionOf({ groups }: Footer): CompressionName | undefined {
  const codecs = new Set(groups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec)));
  const names = Object.keys(COMPRESSIONS) as CompressionName[];
  return names.find((name) => name !== "none" && codecs.has(COMPRESSIONS[name].codec));
}

function dialectOf({ schema }: Footer, columns: Columns): WrittenWith["dialect"] {
  const nested = columns.filter(({ type }) => type === "list" || type === "struct" || type === "map");
  const isText = ({ name }: Columns[number]) =>
    schema.columns.some((column) => column.name === name && column.shape.kind === "leaf");
  if (nested.some(isText)) return "kura-python";
  return nested.length > 0 ? "none" : undefined;
}
