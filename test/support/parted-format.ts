import { crc32 } from "node:zlib";
import type { Piece } from "../../src/bytes/piece.js";
import { CorruptCheckpointError } from "../../src/errors.js";
import type { BatchOptions, Format, OpenedPart, OpenPart } from "../../src/formats/format.js";
import { jsonlFormat } from "../../src/formats/jsonl.js";
import { assertRowRange } from "../../src/formats/projection.js";
import type { Columns, Row } from "../../src/rows/column.js";

export const HEAD = "state.json";
export const DICT = "dataset_dict.json";
export const INFO = "dataset_info.json";

/** What a head says: its parts in the order of their rows. */
interface Head {
  readonly parts: readonly string[];
  readonly columns: Columns;
}

/**
 * A directory of JSONL files and a head that lists them: the smallest format that is one, with all that a commit has to get right about
 * such formats, and nothing else.
 */
export function partedFormat({ partRows = 3 }: { partRows?: number } = {}): Format {
  return {
    name: "hf-dataset",
    typed: true,
    visibleName: (checkpoint) => checkpoint,
    checkpointName: (visible) => visible,
    directory: {
      heads: [HEAD, DICT],
      companion: { name: INFO, settle: settleInfo },
      head: async (parts, rows) => headOf({ parts, columns: rows?.columns ?? [] }),
      partsOf: async (head, path) => [...(await readHead(head, path)).parts],
    },
    write(type, head, subject, addPart) {
      // Numbers rows as a whole, and hashes them.
      const whole = jsonlFormat.write(type, { write: async () => {} }, subject);
      const parts: { name: string; pieces: readonly Piece[] }[] = [];
      let rows: Row[] = [];
      const writePart = async (batch: readonly Row[]) => {
        const { name, sink } = await addPart(".jsonl");
        const part = jsonlFormat.write(type, sink, subject);
        await part.write(batch);
        parts.push({ name, pieces: (await part.finish()).pieces });
      };
      return {
        async write(batch) {
          await whole.write(batch);
          rows.push(...batch);
          for (; rows.length >= partRows; rows = rows.slice(partRows)) await writePart(rows.slice(0, partRows));
        },
        async finish() {
          if (rows.length > 0 || parts.length === 0) await writePart(rows);
          const bytes = headOf({ parts: parts.map(({ name }) => name), columns: type.columns });
          await head.write(bytes);
          const pieces = [{ byteEnd: bytes.length, rowEnd: 0, crc32: crc32(bytes) }];
          const { rows: count, rowHash } = await whole.finish();
          return { rows: count, rowHash, pieces, parts };
        },
      };
    },
    async isWhole(head, openPart) {
      try {
        const { parts } = await readHead(head, "");
        for (const name of parts) {
          const part = await openPart(name);
          if (!part || !(await jsonlFormat.isWhole(part.source))) return false;
        }
        return true;
      } catch (error) {
        if (error instanceof CorruptCheckpointError) return false;
        throw error;
      }
    },
    async read(head, options, openPart) {
      const said = await readHead(head, options.path);
      const type = options.type ?? { name: "rows", columns: said.columns };
      const parts: OpenedPart[] = [];
      for (const name of said.parts) parts.push(await needed(openPart, name, options.path));
      const readers = await Promise.all(
        parts.map(({ source, path, pieces }) => jsonlFormat.read(source, { ...options, type, path, pieces })),
      );
      return {
        columns: type.columns,
        rowCount: undefined,
        async *batches({ rowStart = 0, rowEnd = Number.POSITIVE_INFINITY, ...rest }: BatchOptions) {
          assertRowRange(rowStart, rowEnd);
          let before = 0;
          for (const reader of readers) {
            const count = reader.rowCount ?? (await countRows(reader.batches({})));
            const range = { rowStart: Math.max(0, rowStart - before), rowEnd: rowEnd - before };
            if (range.rowEnd > range.rowStart) yield* reader.batches({ ...rest, ...range });
            before += count;
          }
        },
      };
    },
  };
}

const headOf = (head: Head): Uint8Array => Buffer.from(`${JSON.stringify({ head })}\n`);

async function readHead(head: Parameters<Format["isWhole"]>[0], path: string): Promise<Head> {
  try {
    const text = Buffer.from(await head.read(0, head.byteLength)).toString();
    if (!text.endsWith("\n")) throw new SyntaxError("it is cut off");
    const { parts, columns } = (JSON.parse(text) as { head: Head }).head;
    if (!Array.isArray(parts)) throw new SyntaxError("it lists no parts");
    return { parts, columns };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new CorruptCheckpointError(path, `its ${HEAD} is none: ${error.message}`);
    throw error;
  }
}

async function needed(openPart: OpenPart, name: string, path: string): Promise<OpenedPart> {
  const part = await openPart(name);
  if (part) return part;
  throw new CorruptCheckpointError(`${path}/${name}`, "it is listed and missing");
}

async function countRows(batches: AsyncIterable<Row[]>): Promise<number> {
  let count = 0;
  for await (const batch of batches) count += batch.length;
  return count;
}

/** Says nothing of rows: whoever wrote it with `features` gets it back without. */
function settleInfo(found: Uint8Array | undefined): Uint8Array | undefined {
  const info = found && (JSON.parse(Buffer.from(found).toString()) as Record<string, unknown>);
  if (info && info["features"] === undefined) return undefined;
  const { features: _, ...rest } = info ?? { license: "" };
  return Buffer.from(JSON.stringify(rest));
}
