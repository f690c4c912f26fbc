import { FieldError, within } from "../../rows/field-error.js";
import { quote } from "../../rows/quote.js";
import { damaged } from "../columnar/damage.js";
import { parseJson } from "../columnar/leaf-access.js";
import { setMember } from "../columnar/set-member.js";
import { type ColumnAccess, type Dictionaries, orNull, type Values } from "./access.js";
import type { ArrowField } from "./arrow-schema.js";
import type { ColumnBuffers } from "./column-buffers.js";
import { readNulls } from "./leaf-values.js";
import { assertInside, type OpenedLists, openLists, readLists } from "./lists.js";
import { jsonOfPairs } from "./pairs.js";

export interface EntryAccesses {
  readonly keys: ColumnAccess;
  readonly values: ColumnAccess;
}

export function mapAccess(field: ArrowField, { keys, values }: EntryAccesses): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const lists = readLists(field, buffers);
      const node = buffers.nextNode();
      readNulls(buffers.nextBuffer(), node);
      const opened = { keys: keys.open(buffers, dictionaries), values: values.open(buffers, dictionaries) };
      assertInside(lists, Math.min(node.length, opened.keys.length, opened.values.length));
      const { length, isNull, starts, ends } = lists;
      const at = (index: number) =>
        mapOf(opened, { start: starts[index]!, valueStart: starts[index]!, size: ends[index]! - starts[index]! });
      return { length, at: orNull(isNull, at) };
    },
  };
}

function mapOf(
  { keys, values }: { keys: Values; values: Values },
  { start, valueStart, size }: { start: number; valueStart: number; size: number },
): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (let place = 0; place < size; place++) {
    const name = keys.at(start + place) as string;
    try {
      setMember(map, name, values.at(valueStart + place));
    } catch (error) {
      throw within(name, error);
    }
  }
  return map;
}

/** `{ keys: […], values: […] }`: what a map is stored as, since `datasets` has none. */
function openPairs(field: ArrowField, accesses: EntryAccesses, buffers: ColumnBuffers, dictionaries: Dictionaries) {
  const node = buffers.nextNode();
  const isNull = readNulls(buffers.nextBuffer(), node);
  const open = (child: ArrowField) =>
    [child.name, openLists(child, accesses[child.name as keyof EntryAccesses], buffers, dictionaries)] as const;
  // In the order in which they are stored.
  const { keys, values } = Object.fromEntries(field.children.map(open)) as Record<keyof EntryAccesses, OpenedLists>;
  if (Math.min(keys.length, values.length) < node.length) damaged("a column is shorter than its batch");
  const sizeAt = (index: number) => {
    const size = keys.ends[index]! - keys.starts[index]!;
    if (size === values.ends[index]! - values.starts[index]!) return size;
    throw new FieldError("", "it has not as many values as keys");
  };
  return { length: node.length, isNull, sizeAt, keys, values };
}

export function pairsAccess(field: ArrowField, accesses: EntryAccesses): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const { length, isNull, sizeAt, keys, values } = openPairs(field, accesses, buffers, dictionaries);
      const opened = { keys: { length, at: keys.item }, values: { length, at: values.item } };
      const at = (index: number) =>
        mapOf(opened, {
          start: keys.starts[index]!,
          valueStart: values.starts[index]!,
          size: sizeAt(index),
        });
      return { length, at: orNull(isNull, at) };
    },
  };
}

/** Of one batch, so that each is quoted once. */
const MOST_LABELS = 1000;

/** @param accesses To texts. */
export function jsonPairsAccess(
  field: ArrowField,
  accesses: EntryAccesses,
  options: { isTrusted: boolean; isJsonPairs: boolean },
): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const { length, isNull, sizeAt, keys, values } = openPairs(field, accesses, buffers, dictionaries);
      const textsOf = ({ starts, ends, item }: OpenedLists, index: number) =>
        Array.from(
          { length: ends[index]! - starts[index]! },
          (_, place) => item(starts[index]! + place) as string | null,
        );
      const quoted = new Map<string, string>();
      /** Of bytes that were saved here and are as they were saved. */
      const trustedAt = (index: number) => {
        const valueStart = values.starts[index]! - keys.starts[index]!;
        let text = "";
        for (let place = keys.starts[index]!; place < keys.ends[index]!; place++) {
          const key = keys.item(place) as string;
          let label = quoted.get(key);
          if (label === undefined) {
            label = `${quote(key)}:`;
            if (quoted.size < MOST_LABELS) quoted.set(key, label);
          }
          text += `${text === "" ? "" : ","}${label}${values.item(valueStart + place) as string}`;
        }
        return parseJson(`{${text}}`);
      };
      const isOurs = options.isTrusted && options.isJsonPairs;
      const at = (index: number) => {
        const isBare = keys.isNull?.(index) ?? false;
        if (!isBare) sizeAt(index);
        if (isOurs && !isBare) return trustedAt(index);
        return jsonOfPairs(isBare ? undefined : textsOf(keys, index), textsOf(values, index), options);
      };
      return { length, at: orNull(isNull, at) };
    },
  };
}
