import { RowTypeMismatchError } from "../../errors.js";
import type { ColumnValue } from "../../rows/column.js";
import { assertFiniteVector } from "../../rows/column-rules.js";
import { describeType } from "../../rows/describe-column.js";
import { FieldError, within } from "../../rows/field-error.js";
import { type AccessOptions, type AccessTo, leafAccess } from "../columnar/leaf-access.js";
import { setMember } from "../columnar/set-member.js";
import type { LeafCursor } from "./leaf-cursor.js";
import type { Leaf, Shape } from "./schema.js";
import { columnOf } from "./stored-columns.js";

/** Puts values together out of the leaves of one column: the inverse of a shredder. Made once for a file, opened for each row group. */
export interface Assembler {
  /** Leaves whose chunks it reads. */
  readonly leaves: readonly Leaf[];
  open(cursorOf: (leaf: Leaf, accessTo: AccessTo) => LeafCursor): Assembly;
}

export interface Assembly {
  /** The next value; its rows must have been filled. */
  read(): unknown;
  /** Past one slot in which there is nothing. */
  pass(): void;
  readonly cursors: readonly LeafCursor[];
}

export interface AssemblerOptions extends AccessOptions {
  /** How messages call the file. */
  path: string;
  /** Told the fields that the row type does not have, as `name.field`. */
  onUnknownField(field: string): void;
  isSafe(leaf: Leaf): boolean;
}

/** @throws {RowTypeMismatchError} If what is stored cannot be read as what is wanted. */
export function compileAssembler(
  shape: Shape,
  wanted: ColumnValue,
  field: string,
  options: AssemblerOptions,
): Assembler {
  const assembler = bareAssembler(shape, wanted, field, options);
  const isChecked = options.isTyped && !options.isTrusted;
  return isChecked && shape.nullable && !wanted.nullable && wanted.type !== "json"
    ? notNull(assembler, wanted)
    : assembler;
}

function bareAssembler(shape: Shape, wanted: ColumnValue, field: string, options: AssemblerOptions): Assembler {
  const mismatch = () =>
    RowTypeMismatchError.of(
      JSON.stringify(options.path),
      field,
      describeType(columnOf(shape, options.isSafe)),
      describeType(wanted),
    );
  // Native structs and lists where any JSON is wanted: they are read as what they are.
  const stored = wanted.type === "json" && shape.kind !== "leaf" ? columnOf(shape, options.isSafe) : wanted;
  switch (shape.kind) {
    case "leaf": {
      const accessTo = leafAccess(shape.leaf.stored, stored, options);
      if (!accessTo) throw mismatch();
      return leafAssembler(shape.leaf, accessTo);
    }
    case "list": {
      if (stored.type === "vector") return vectorAssembler(shape, stored.length, field, options) ?? raise(mismatch());
      if (stored.type !== "list") throw mismatch();
      return listAssembler(shape, compileAssembler(shape.items, stored.items, `${field}[]`, options));
    }
    case "map": {
      if (stored.type !== "map") throw mismatch();
      return mapAssembler(
        shape,
        keyAssembler(shape.key, field, options),
        compileAssembler(shape.values, stored.values, `${field}{}`, options),
      );
    }
    case "struct": {
      if (stored.type !== "struct") throw mismatch();
      return structAssembler(shape, stored, field, options, mismatch);
    }
  }
}

function raise(error: Error): never {
  throw error;
}

function notNull(inner: Assembler, wanted: ColumnValue): Assembler {
  return {
    leaves: inner.leaves,
    open: (cursorOf) => {
      const { read, pass, cursors } = inner.open(cursorOf);
      return {
        pass,
        cursors,
        read: () => read() ?? raise(new FieldError("", `${describeType(wanted)} is needed, it is null`)),
      };
    },
  };
}

function leafAssembler(leaf: Leaf, accessTo: AccessTo): Assembler {
  return {
    leaves: [leaf],
    open: (cursorOf) => {
      const cursor = cursorOf(leaf, accessTo);
      return { read: () => cursor.take(), pass: () => cursor.take(), cursors: [cursor] };
    },
  };
}

function listAssembler(shape: Shape & { kind: "list" }, items: Assembler): Assembler {
  const { present, filled, level } = shape;
  return {
    leaves: items.leaves,
    open: (cursorOf) => {
      const { read, pass, cursors } = items.open(cursorOf);
      const [first] = cursors as [LeafCursor];
      return {
        pass,
        cursors,
        read: () => {
          const { definition } = first;
          if (definition < filled) {
            pass();
            return definition < present ? null : [];
          }
          const list: unknown[] = [];
          do {
            try {
              list.push(read());
            } catch (error) {
              throw within(`[${list.length}]`, error);
            }
          } while (first.repetition === level);
          return list;
        },
      };
    },
  };
}

function vectorAssembler(
  shape: Shape & { kind: "list" },
  length: number | undefined,
  field: string,
  options: AssemblerOptions,
): Assembler | undefined {
  const { present, filled, items } = shape;
  if (items.kind !== "leaf") return undefined;
  const { leaf } = items;
  if (leaf.maxRepetition > 1 || !["float32", "float64", "int32"].includes(leaf.stored.kind)) {
    const wanted: ColumnValue = { type: "list", items: { type: "float32" }, nullable: true };
    const list = compileAssembler(shape, wanted, field, options);
    return convertedAssembler(list, (value) => finiteVector(Float32Array.from(value as number[]), length));
  }
  const finish = options.isTrusted
    ? (vector: Float32Array) => vector
    : (vector: Float32Array) => finiteVector(vector, length);
  return {
    leaves: [leaf],
    open: (cursorOf) => {
      const cursor = cursorOf(leaf, () => () => null);
      return {
        cursors: [cursor],
        pass: () => cursor.take(),
        read: () => {
          const { definition } = cursor;
          if (definition >= filled) return finish(cursor.takeNumbers());
          cursor.take();
          return definition < present ? null : finish(new Float32Array(0));
        },
      };
    },
  };
}

function finiteVector(vector: Float32Array, length: number | undefined): Float32Array {
  assertFiniteVector(vector, length);
  return vector;
}

function convertedAssembler(inner: Assembler, convert: (value: unknown) => unknown): Assembler {
  return {
    leaves: inner.leaves,
    open: (cursorOf) => {
      const { read, pass, cursors } = inner.open(cursorOf);
      const readConverted = () => {
        const value = read();
        return value === null ? null : convert(value);
      };
      return { pass, cursors, read: readConverted };
    },
  };
}

/** Keys that are numbers, as the texts that JSON makes of them. */
function keyAssembler(shape: Shape, field: string, options: AssemblerOptions): Assembler {
  const stored = columnOf(shape, options.isSafe);
  const keys = compileAssembler(shape, stored, `${field} (key)`, options);
  return stored.type === "text" ? keys : convertedAssembler(keys, String);
}

function mapAssembler(shape: Shape & { kind: "map" }, keys: Assembler, values: Assembler): Assembler {
  const { present, filled, level } = shape;
  return {
    leaves: [...keys.leaves, ...values.leaves],
    open: (cursorOf) => {
      const key = keys.open(cursorOf);
      const value = values.open(cursorOf);
      const [first] = key.cursors as [LeafCursor];
      const pass = () => {
        key.pass();
        value.pass();
      };
      return {
        pass,
        cursors: [...key.cursors, ...value.cursors],
        read: () => {
          const { definition } = first;
          if (definition < filled) {
            pass();
            return definition < present ? null : {};
          }
          const map: Record<string, unknown> = {};
          do {
            const name = key.read() as string;
            try {
              setMember(map, name, value.read());
            } catch (error) {
              throw within(name, error);
            }
          } while (first.repetition === level);
          return map;
        },
      };
    },
  };
}

function structAssembler(
  shape: Shape & { kind: "struct" },
  wanted: ColumnValue & { type: "struct" },
  field: string,
  options: AssemblerOptions,
  mismatch: () => Error,
): Assembler {
  for (const { name } of shape.fields)
    if (!wanted.fields.some((column) => column.name === name)) options.onUnknownField(`${field}.${name}`);
  const members = wanted.fields.map((column) => {
    const found = shape.fields.find(({ name }) => name === column.name);
    const path = `${field}.${column.name}`;
    if (found) return { name: column.name, assembler: compileAssembler(found.shape, column, path, options) };
    if (column.nullable) return { name: column.name, assembler: undefined };
    throw RowTypeMismatchError.of(JSON.stringify(options.path), path, "nothing", describeType(column));
  });
  const known = members.flatMap(({ assembler }) => assembler ?? []);
  // Its leaves say where a struct is null: without one in common nothing would.
  if (known.length === 0) throw mismatch();
  return {
    leaves: known.flatMap(({ leaves }) => leaves),
    open: (cursorOf) => {
      const opened = members.map(({ name, assembler }) => ({ name, assembly: assembler?.open(cursorOf) }));
      const assemblies = opened.flatMap(({ assembly }) => assembly ?? []);
      const cursors = assemblies.flatMap((assembly) => assembly.cursors);
      const [first] = cursors as [LeafCursor];
      const pass = () => {
        for (const assembly of assemblies) assembly.pass();
      };
      return {
        pass,
        cursors,
        read: () => {
          if (first.definition < shape.present) {
            pass();
            return null;
          }
          const struct: Record<string, unknown> = {};
          for (const { name, assembly } of opened) {
            try {
              setMember(struct, name, assembly ? assembly.read() : null);
            } catch (error) {
              throw within(name, error);
            }
          }
          return struct;
        },
      };
    },
  };
}
