import { damaged } from "../columnar/damage.js";
import type { ColumnAccess, Dictionaries } from "./access.js";
import type { ArrowField } from "./arrow-schema.js";
import type { ColumnBuffers } from "./column-buffers.js";
import { boundless, type IsNull, type Ranges, readNulls, readOffsets, readViews } from "./leaf-values.js";

/** Where the items of each value are, and of which values none is there. */
export interface Lists extends Ranges {
  readonly length: number;
  readonly isNull: IsNull;
}

export function readLists({ type }: ArrowField, buffers: ColumnBuffers): Lists {
  const node = buffers.nextNode();
  const isNull = readNulls(buffers.nextBuffer(), node);
  const { length } = node;
  if (type.kind === "list" && type.layout === "view")
    return { length, isNull, ...readViews(type.isLarge, buffers, length) };
  if (type.kind === "fixed-list") return { length, isNull, ...fixedRanges(boundless(length), type.length) };
  const layout = type.kind === "list" && type.layout === "large-offsets" ? "large-offsets" : "offsets";
  return { length, isNull, ...readOffsets(layout, buffers.nextBuffer(), length) };
}

function fixedRanges(length: number, each: number): Ranges {
  if (length * each > 0x7fffffff) damaged("a list leads out of its column");
  const starts = Int32Array.from({ length }, (_, index) => index * each);
  return { starts, ends: starts.map((start) => start + each) };
}

/** @throws {Damage} */
export function assertInside({ ends }: Ranges, items: number): void {
  for (let index = 0; index < ends.length; index++) if (ends[index]! > items) damaged("a list leads out of its column");
}

export interface OpenedLists extends Lists {
  readonly item: (place: number) => unknown;
}

/** Lists are lists of their only child, maps of their entries. */
export function openLists(
  field: ArrowField,
  items: ColumnAccess,
  buffers: ColumnBuffers,
  dictionaries: Dictionaries,
): OpenedLists {
  const lists = readLists(field, buffers);
  const values = items.open(buffers, dictionaries);
  assertInside(lists, values.length);
  return { ...lists, item: values.at };
}
