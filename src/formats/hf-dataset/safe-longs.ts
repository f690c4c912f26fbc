import { breathe } from "../columnar/breathe.js";
import { extentOf, ownBuffers } from "./arrow-layout.js";
import type { ArrowField } from "./arrow-schema.js";
import { BatchBytes, bytesOf } from "./batch-bytes.js";
import type { ColumnBuffers } from "./column-buffers.js";
import type { OpenedDataset } from "./dataset.js";
import { readNulls, typed } from "./leaf-values.js";
import type { Scratch } from "./scratch.js";

/**
 * Whether all numbers of a field of 64 bits are safe integers. Nothing in a dataset says how large they are, so those of all rows are looked
 * at: eight bytes of each, and nothing else.
 */
export async function safeLongs(
  { shards, fields }: OpenedDataset,
  scratch: Scratch,
): Promise<(field: ArrowField) => boolean> {
  const unsafe = new Set<ArrowField>();
  const columns = [...fields.keys()].filter((index) => hasLong(fields[index]!));
  for (const { source, extents, batches } of shards) {
    for (const place of batches) {
      const left = columns.filter((index) => !unsafe.has(fields[index]!));
      if (left.length === 0) break;
      scratch.reset();
      const bytes = await BatchBytes.open(bytesOf(source), place, extents);
      for (const [index, buffers] of await bytes.load(left, scratch)) {
        findUnsafe(fields[index]!, buffers(), unsafe);
        await breathe();
      }
    }
  }
  return (field) => !unsafe.has(field);
}

/** A dictionary's are not looked at. */
function isLong({ type, dictionary, labels }: ArrowField): boolean {
  if (dictionary || labels) return false;
  return type.kind === "duration" || (type.kind === "int" && type.bits === 64);
}

function hasLong(field: ArrowField): boolean {
  return isLong(field) || (!field.dictionary && field.children.some(hasLong));
}

function findUnsafe(field: ArrowField, buffers: ColumnBuffers, unsafe: Set<ArrowField>): void {
  if (!hasLong(field)) {
    buffers.skip(extentOf(field));
    return;
  }
  const node = buffers.nextNode();
  if (!isLong(field)) {
    buffers.skip({ nodes: 0, buffers: ownBuffers(field), views: 0 });
    for (const child of field.children) findUnsafe(child, buffers, unsafe);
    return;
  }
  const isNull = readNulls(buffers.nextBuffer(), node);
  const words = typed(Int32Array, buffers.nextBuffer(), node.length * 2);
  const isUnsigned = field.type.kind === "int" && !field.type.isSigned;
  for (let index = 0; index < node.length; index++) {
    const high = words[index * 2 + 1]!;
    const value = (isUnsigned ? high >>> 0 : high) * 2 ** 32 + (words[index * 2]! >>> 0);
    if (!Number.isSafeInteger(value) && !isNull?.(index)) {
      unsafe.add(field);
      return;
    }
  }
}
