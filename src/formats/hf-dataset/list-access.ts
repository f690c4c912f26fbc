import { FieldError, within } from "../../rows/field-error.js";
import { type ColumnAccess, orNull } from "./access.js";
import type { ArrowField } from "./arrow-schema.js";
import { readFloats, readNulls } from "./leaf-values.js";
import { assertInside, openLists, readLists } from "./lists.js";

export function listAccess(field: ArrowField, items: ColumnAccess): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const { length, isNull, starts, ends, item } = openLists(field, items, buffers, dictionaries);
      const at = (index: number) => {
        const start = starts[index]!;
        const list: unknown[] = [];
        for (let place = start; place < ends[index]!; place++) {
          try {
            list.push(item(place));
          } catch (error) {
            throw within(`[${place - start}]`, error);
          }
        }
        return list;
      };
      return { length, at: orNull(isNull, at) };
    },
  };
}

/**
 * Of lists of floats of so many bits: views of the memory that was read, where they are 32.
 *
 * @param finish Is given each vector.
 */
export function vectorAccess(
  field: ArrowField,
  bits: 16 | 32 | 64,
  finish: (vector: Float32Array) => Float32Array,
): ColumnAccess {
  return {
    open: (buffers) => {
      const lists = readLists(field, buffers);
      const node = buffers.nextNode();
      const isItemNull = readNulls(buffers.nextBuffer(), node);
      const floats = readFloats(bits, buffers.nextBuffer(), node.length);
      assertInside(lists, node.length);
      const { starts, ends } = lists;
      const at = (index: number) => {
        const [start, end] = [starts[index]!, ends[index]!];
        if (isItemNull) assertNoNull(isItemNull, start, end);
        return finish(
          floats instanceof Float32Array ? floats.subarray(start, end) : Float32Array.from(floats.subarray(start, end)),
        );
      };
      return { length: lists.length, at: orNull(lists.isNull, at) };
    },
  };
}

function assertNoNull(isNull: (index: number) => boolean, start: number, end: number): void {
  for (let place = start; place < end; place++)
    if (isNull(place)) throw new FieldError(`[${place - start}]`, "a number is needed, it is null");
}
