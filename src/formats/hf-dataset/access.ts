import type { ColumnBuffers } from "./column-buffers.js";
import type { IsNull } from "./leaf-values.js";

/** How the values of one column are made out of the buffers of a batch. Made once for a file, opened for each batch. */
export interface ColumnAccess {
  open(buffers: ColumnBuffers, dictionaries: Dictionaries): Values;
}

export interface Values {
  readonly length: number;
  /** Value `index`, as it is wanted; an object is a new one each time. */
  readonly at: (index: number) => unknown;
}

/** The parts of a dictionary, as far as the stream has given them before the batch at hand. */
export type Dictionaries = (id: bigint) => readonly (() => ColumnBuffers)[];

export function orNull(isNull: IsNull, at: (index: number) => unknown): (index: number) => unknown {
  return isNull ? (index) => (isNull(index) ? null : at(index)) : at;
}

export function convertedAccess(access: ColumnAccess, convert: (value: unknown) => unknown): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const { length, at } = access.open(buffers, dictionaries);
      return { length, at: (index) => convert(at(index)) };
    },
  };
}
