import { FieldError, within } from "../../rows/field-error.js";
import { damaged } from "../columnar/damage.js";
import { setMember } from "../columnar/set-member.js";
import { type ColumnAccess, type Dictionaries, orNull, type Values } from "./access.js";
import { extentOf } from "./arrow-layout.js";
import type { ArrowField } from "./arrow-schema.js";
import type { ColumnBuffers } from "./column-buffers.js";
import { boundless, readNulls } from "./leaf-values.js";
import { assertInside, type Lists, readLists } from "./lists.js";

/** What is made of each child, in the order of the fields as they are stored; and where it goes. */
export interface MemberAccesses {
  readonly columns: readonly { readonly field: ArrowField; readonly access: ColumnAccess | undefined }[];
  readonly names: readonly string[];
}

export function structAccess(field: ArrowField, accesses: MemberAccesses): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      const members = openMembers(accesses, buffers, dictionaries);
      for (const { values } of members)
        if (values && values.length < node.length) damaged("a column is shorter than its batch");
      if (field.children.length === 0) boundless(node.length);
      return { length: node.length, at: orNull(isNull, (index) => structAt(members, index)) };
    },
  };
}

interface Member {
  readonly name: string;
  readonly values: Values | undefined;
}

function structAt(members: readonly Member[], index: number): Record<string, unknown> {
  const struct: Record<string, unknown> = {};
  for (const { name, values } of members) {
    try {
      setMember(struct, name, values ? values.at(index) : null);
    } catch (error) {
      throw within(name, error);
    }
  }
  return struct;
}

function openMembers({ columns, names }: MemberAccesses, buffers: ColumnBuffers, dictionaries: Dictionaries): Member[] {
  const opened = new Map<string, Values>();
  for (const { field, access } of columns) {
    if (access) opened.set(field.name, access.open(buffers, dictionaries));
    else buffers.skip(extentOf(field));
  }
  return names.map((name) => ({ name, values: opened.get(name) }));
}

/** What `datasets` makes of a list of structs: `Sequence({ … })`. */
export function isStructOfLists({ children }: ArrowField): boolean {
  return (
    children.length > 0 &&
    children.every(({ type, dictionary }) => !dictionary && (type.kind === "list" || type.kind === "fixed-list"))
  );
}

/** The structs that it is lists of the members of. */
export function transposed(field: ArrowField): ArrowField {
  return { ...field, children: field.children.map((list) => ({ ...list.children[0]!, name: list.name })) };
}

/** @param accesses Of `transposed(field)`. */
export function transposedAccess(field: ArrowField, { columns, names }: MemberAccesses): ColumnAccess {
  return {
    open: (buffers, dictionaries) => {
      const node = buffers.nextNode();
      const isNull = readNulls(buffers.nextBuffer(), node);
      const lists: Lists[] = [];
      const opened = new Map<string, { lists: Lists; values: Values }>();
      for (const [index, { field: item, access }] of columns.entries()) {
        const ranges = readLists(field.children[index]!, buffers);
        if (ranges.length < node.length) damaged("a column is shorter than its batch");
        lists.push(ranges);
        if (access) {
          const values = access.open(buffers, dictionaries);
          assertInside(ranges, values.length);
          opened.set(item.name, { lists: ranges, values });
        } else buffers.skip(extentOf(item));
      }
      const sizeAt = ({ starts, ends, isNull }: Lists, index: number) =>
        isNull?.(index) ? 0 : ends[index]! - starts[index]!;
      const at = (index: number) => {
        const size = sizeAt(lists[0]!, index);
        if (lists.some((one) => sizeAt(one, index) !== size))
          throw new FieldError("", "it is a struct of lists of different lengths, which is no list of structs");
        return Array.from({ length: size }, (_, place) => {
          const value: Record<string, unknown> = {};
          for (const name of names) {
            const member = opened.get(name);
            try {
              setMember(value, name, member ? member.values.at(member.lists.starts[index]! + place) : null);
            } catch (error) {
              throw within(`[${place}]`, within(name, error));
            }
          }
          return value;
        });
      };
      return { length: node.length, at: orNull(isNull, at) };
    },
  };
}
