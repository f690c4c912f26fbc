import { createHash } from "node:crypto";
import type { ByteSink } from "../../bytes/byte-source.js";
import { PieceBuilder } from "../../bytes/piece-builder.js";
import { InvalidRowError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import { compileEncoder } from "../../rows/encode.js";
import { FieldError } from "../../rows/field-error.js";
import { hasVectors, RowHash } from "../../rows/row-hash.js";
import type { RowType } from "../../rows/row-type-shape.js";
import { validateRow } from "../../rows/standard-schema.js";
import type { RowWriter } from "../format.js";
import { MAX_LINE_BYTES } from "./lines.js";

/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3;
const MEMORY_BYTES = 4 << 20;

/**
 * Rows as JSON Lines. The file is a pure function of rows and row type. Where no vector is, its SHA-256 is the `rowHash`: these bytes
 * are the canonical form of rows (see RowHash).
 */
export function jsonlWriter(type: RowType, sink: ByteSink, subject: string): RowWriter {
  const encode = compileEncoder(type.columns);
  const pieces = new PieceBuilder();
  const hash = createHash("sha256");
  const rowHash = hasVectors(type.columns) ? new RowHash(type.columns) : undefined;
  let memory: Buffer | undefined;
  let rows = 0;
  // Lines of the piece that is being filled, joined when it is full: one conversion to bytes per piece.
  let lines = "";
  let lineCount = 0;
  let wanted = pieces.wantedBytes;

  async function closePiece(): Promise<void> {
    const bytes = toBytes();
    pieces.close(bytes, lineCount);
    if (!rowHash) hash.update(bytes);
    lines = "";
    lineCount = 0;
    wanted = pieces.wantedBytes;
    await sink.write(bytes);
  }

  /** Into the same memory each time, where it fits: a sink is done with it when its promise resolves. */
  function toBytes(): Buffer {
    if (lines.length * MOST_BYTES_PER_UNIT > MEMORY_BYTES) return Buffer.from(lines, "utf8");
    memory ??= Buffer.allocUnsafeSlow(MEMORY_BYTES);
    return memory.subarray(0, memory.write(lines, "utf8"));
  }

  function lineOf(row: Row): string {
    rowHash?.add(row);
    const line = encode(row);
    if (line.length * MOST_BYTES_PER_UNIT > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES)
      throw new FieldError("", `its line is longer than the ${MAX_LINE_BYTES} bytes that a row may have`);
    return line;
  }

  return {
    async write(batch) {
      for (const row of batch) {
        try {
          lines += `${lineOf(type.schema ? await validateRow(type.schema, row) : row)}\n`;
        } catch (error) {
          if (error instanceof FieldError) throw new InvalidRowError(subject, rows, error.field, error.reason);
          throw error;
        }
        rows++;
        lineCount++;
        // UTF-16 units, never more than bytes: a piece holds at least what is wanted.
        if (lines.length >= wanted) await closePiece();
      }
    },
    async finish() {
      if (lineCount > 0) await closePiece();
      return { rows, pieces: pieces.pieces, rowHash: rowHash?.digest() ?? `sha256:${hash.digest("hex")}` };
    },
  };
}
