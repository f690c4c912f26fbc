import { FieldError } from "../../rows/field-error.js";
import { damaged } from "../columnar/damage.js";
import { type ColumnAccess, type Dictionaries, orNull, type Values } from "./access.js";
import type { ArrowField } from "./arrow-schema.js";
import type { ColumnBuffers } from "./column-buffers.js";
import { readIndexes, readNulls } from "./leaf-values.js";

/** A ClassLabel's number, below zero where there is none. */
export function labelsAccess(field: ArrowField, labels: readonly string[]): ColumnAccess {
  return {
    open: (buffers) => {
      const { type } = field;
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      if (type.kind !== "int") return damaged(`the labels of column "${field.name}" are no integers`);
      const label = readIndexes(type, buffers.nextBuffer(), node.length);
      const at = (index: number) => {
        const number = label(index);
        if (number < 0) return null;
        return labels[number] ?? refuseLabel(number, labels.length);
      };
      return { length: node.length, at: orNull(isNull, at) };
    },
  };
}

function refuseLabel(number: number, count: number): never {
  throw new FieldError("", `it is label ${number} of ${count}`);
}

/** @param inner Of what is in the dictionary. */
export function dictionaryAccess(field: ArrowField, inner: ColumnAccess): ColumnAccess {
  const { id, index: indexType } = field.dictionary!;
  /** Opened once for all the batches that use it. */
  const opened = new WeakMap<object, Values>();
  const openPart = (part: () => ColumnBuffers, dictionaries: Dictionaries): Values => {
    const values = opened.get(part) ?? inner.open(part(), dictionaries);
    opened.set(part, values);
    return values;
  };
  return {
    open: (buffers, dictionaries) => {
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      const place = readIndexes(indexType, buffers.nextBuffer(), node.length);
      const parts = dictionaries(id).map((part) => openPart(part, dictionaries));
      const at = (index: number) => {
        let left = place(index);
        for (const part of parts) {
          if (left >= 0 && left < part.length) return part.at(left);
          left -= part.length;
        }
        throw new FieldError("", `it is number ${place(index)} of a dictionary that does not have it`);
      };
      return { length: node.length, at: orNull(isNull, at) };
    },
  };
}
