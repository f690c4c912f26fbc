import { CorruptCheckpointError, RowTypeMismatchError } from "../errors.js";
import type { RowReader, UsualSplit } from "../formats/format.js";
import { BUILTIN_ROW_TYPES, type BuiltinName } from "../rows/builtin.js";
import type { RowType } from "../rows/row-type.js";
import type { OnCheckpointEvent } from "./event.js";
import type { Place } from "./place.js";
import { assertRowTypeFits } from "./row-type-fit.js";

/** What a checkpoint of this name holds in Kura. */
export function builtinRowType(name: string): RowType | undefined {
  return Object.hasOwn(BUILTIN_ROW_TYPES, name)
    ? (BUILTIN_ROW_TYPES[name as BuiltinName] as RowType<unknown> as RowType)
    : undefined;
}

type Read = (type: RowType | undefined) => Promise<RowReader>;

/** What is read, and how messages call it. */
interface Named extends Pick<Place, "format" | "name"> {
  readonly path: string;
}

/** Rows as what is known of them, else what their name says, else what their file says. */
export async function readAs(
  known: RowType | undefined,
  named: Named,
  read: Read,
  onEvent: OnCheckpointEvent | undefined,
): Promise<ReadByName & { reader: RowReader }> {
  const found: ReadByName = known ? { type: known } : await readByName(named, read);
  if (found.mismatch) onEvent?.(otherColumns(named, found.mismatch));
  const reader = found.reader ?? (await read(found.type));
  if (reader.split) onEvent?.(otherSplits(named, reader.split));
  return { ...found, reader };
}

function otherSplits({ name: checkpoint, path }: Named, { name, others }: UsualSplit) {
  return {
    type: "warning",
    code: "other-splits",
    checkpoint,
    message: `of "${path}" the split "${name}" is read, and not ${others.join(", ")}; say which is meant by its name (split) or its own path`,
  } as const;
}

function otherColumns({ name, path }: Named, { reason }: RowTypeMismatchError) {
  return {
    type: "warning",
    code: "other-columns",
    checkpoint: name,
    message: `"${path}" is read by its own columns, not as ${name}: ${reason}`,
  } as const;
}

/** Empty where a name says nothing. */
export interface ReadByName {
  readonly reader?: RowReader;
  readonly type?: RowType;
  /** Why rows are not what their name says. */
  readonly mismatch?: RowTypeMismatchError;
}

/** Rows of which nothing but their name says what they are: they are of Kura's row type of that name if they have its columns. */
export async function readByName({ format, name, path }: Named, read: Read): Promise<ReadByName> {
  const type = builtinRowType(name);
  if (!type) return {};
  try {
    if (!format.typed) await assertFirstRowsFit(type, path, read);
    return { reader: await read(type), type };
  } catch (error) {
    if (error instanceof RowTypeMismatchError) return { mismatch: error };
    throw error;
  }
}

/** A file without columns says by its first rows which fields there are. Whether these are damaged is for whoever reads them to say. */
async function assertFirstRowsFit(type: RowType, path: string, read: Read): Promise<void> {
  try {
    const { columns } = await read(undefined);
    if (columns.length > 0) assertRowTypeFits(`the first rows of "${path}"`, columns, type.columns);
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error;
  }
}
