import { CorruptCheckpointError } from "../../errors.js";
import type { Columns, Row } from "../../rows/column.js";
import { compileDecoder, type Decoder } from "../../rows/decode.js";
import { FieldError } from "../../rows/field-error.js";
import { assertShallow, mayBeTooDeep } from "../../rows/json-depth.js";
import { compileLossGuard } from "../../rows/loss-guard.js";
import { parseLossless, parsePlain, RISKY_JSON } from "../../rows/lossless-json.js";
import { validateRow } from "../../rows/standard-schema.js";
import type { ReadOptions } from "../format.js";

export type ParseRow = (line: string, row: number, isTorn: boolean) => Row;

/**
 * @param needed The fields that will be looked at; others are checked all the same, but may come out as plain JSON.parse reads them.
 * @throws {CorruptCheckpointError} From the parser, with line and field.
 */
export function rowParser(
  columns: Columns,
  { type, path, trusted, onUnknownFields }: ReadOptions,
  needed: ReadonlySet<string> | undefined,
): ParseRow {
  if (!type) {
    return (line, row, isTorn) => {
      const parsed = parseObject(line, path, row, isTorn);
      return located(path, row, () => {
        assertShallowMembers(line, parsed);
        return RISKY_JSON.test(line) ? (parseLossless(line) as Row) : parsed;
      });
    };
  }
  const decoder = compileDecoder(columns, { check: !trusted });
  const restore = compileLossGuard(columns, needed);
  const reportUnknown = trusted ? undefined : unknownFieldsReporter(decoder, onUnknownFields);
  return (line, row, isTorn) => {
    const parsed = parseObject(line, path, row, isTorn);
    try {
      restore?.(parsed, line);
      const decoded = decoder.decode(parsed);
      reportUnknown?.();
      if (!trusted) assertShallowMembers(line, decoded);
      return decoded;
    } catch (error) {
      throw corruptField(path, row, error);
    }
  };
}

/** Runs the row type's schema over rows from `first` on, or is undefined where there is nothing to run. */
export function rowValidator({
  type,
  path,
  trusted,
}: ReadOptions): ((rows: readonly Row[], first: number) => Promise<Row[]>) | undefined {
  const schema = trusted ? undefined : type?.schema;
  if (!schema) return undefined;
  return async (rows, first) => {
    const valid: Row[] = [];
    for (const row of rows) {
      try {
        valid.push(await validateRow(schema, row));
      } catch (error) {
        throw corruptField(path, first + valid.length, error);
      }
    }
    return valid;
  };
}

function parseObject(line: string, path: string, row: number, isTorn: boolean): Row {
  let parsed: unknown;
  try {
    parsed = parsePlain(line);
  } catch (cause) {
    throw notJson(path, line, row, isTorn, cause);
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as Row;
  throw new CorruptCheckpointError(
    path,
    `a row is a JSON object, this is ${Array.isArray(parsed) ? "an array" : line.trim().slice(0, 40)}`,
    { line: row + 1, row },
  );
}

/** What is read can be saved. */
function assertShallowMembers(line: string, row: Row): void {
  if (mayBeTooDeep(line)) for (const name of Object.keys(row)) assertShallow(row[name], name);
}

function located<T>(path: string, row: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw corruptField(path, row, error);
  }
}

function unknownFieldsReporter(
  decoder: Decoder,
  report: ((fields: readonly string[]) => void) | undefined,
): (() => void) | undefined {
  if (!report) return undefined;
  let isTold = false;
  return () => {
    if (isTold || decoder.unknownFields.size === 0) return;
    isTold = true;
    report([...decoder.unknownFields]);
  };
}

function corruptField(path: string, row: number, error: unknown): unknown {
  if (!(error instanceof FieldError)) return error;
  return new CorruptCheckpointError(path, error.reason, {
    line: row + 1,
    row,
    ...(error.field !== "" && { field: error.field }),
  });
}

function notJson(path: string, line: string, row: number, isTorn: boolean, cause: unknown): CorruptCheckpointError {
  const place = { line: row + 1, row, cause };
  if (line.trim() === "") {
    const wayOut = "take it out: Python's Kura does not read it either";
    return new CorruptCheckpointError(path, "the line is blank", { ...place, wayOut });
  }
  if (isTorn) {
    return new CorruptCheckpointError(
      path,
      `the last line is torn; the ${row} rows before it are whole (rowEnd: ${row} reads them)`,
      place,
    );
  }
  const literal = /[[:,]\s*(-?(?:NaN|Infinity))\b/.exec(line)?.[1];
  return new CorruptCheckpointError(
    path,
    literal ? `${literal} is not JSON` : `the line is not JSON (${(cause as Error).message})`,
    place,
  );
}
