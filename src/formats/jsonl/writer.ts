import { createHash } from "node:crypto";
import type { ByteSink } from "../../bytes/byte-source.js";
import { PieceBuilder } from "../../bytes/piece-builder.js";
import { InvalidRowError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import { compileEncoder } from "../../rows/encode.js";
import { FieldError } from "../../rows/field-error.js";
import type { RowType } from "../../rows/row-type-shape.js";
import { validate } from "../../rows/standard-schema.js";
import type { RowWriter } from "../format.js";

/**
 * Rows as JSON Lines. The file is a pure function of rows and row type. Its SHA-256 is the `rowHash`: these bytes are the canonical
 * form of rows, whatever the format they are stored in.
 */
export function jsonlWriter(type: RowType, sink: ByteSink, subject: string): RowWriter {
  const encode = compileEncoder(type.columns);
  const pieces = new PieceBuilder();
  const hash = createHash("sha256");
  let rows = 0;
  // Lines of the piece that is being filled, joined when it is full: one conversion to bytes per piece.
  let lines = "";
  let lineCount = 0;
  let wanted = pieces.wantedBytes;

  async function closePiece(): Promise<void> {
    const bytes = Buffer.from(lines, "utf8");
    pieces.close(bytes, lineCount);
    hash.update(bytes);
    lines = "";
    lineCount = 0;
    wanted = pieces.wantedBytes;
    await sink.write(bytes);
  }

  return {
    async write(batch) {
      for (const row of batch) {
        try {
          lines += `${encode(type.schema ? ((await validate(type.schema, row)) as Row) : row)}\n`;
        } catch (error) {
          if (error instanceof FieldError)
            throw new InvalidRowError(subject, rows, error.field, error.reason, error.cause);
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
      return { rows, pieces: pieces.pieces, rowHash: `sha256:${hash.digest("hex")}` };
    },
  };
}
