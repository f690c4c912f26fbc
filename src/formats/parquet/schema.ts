import { damaged } from "../columnar/damage.js";
import type { Stored, TimeUnit } from "../columnar/stored.js";
import {
  CONVERTED_TYPES,
  type ConvertedType,
  PHYSICAL_TYPES,
  type PhysicalType,
  REPETITIONS,
  type SchemaElement,
} from "./metadata.js";

/** What one column is, and at which levels. A definition level says how many optional and repeated nodes of its path are there. */
export type Shape = (LeafShape | ListShape | MapShape | StructShape) & {
  readonly nullable: boolean;
  /** From this definition level on it is there: not null. */
  readonly present: number;
};

export interface LeafShape {
  readonly kind: "leaf";
  readonly leaf: Leaf;
}

export interface ListShape {
  readonly kind: "list";
  readonly items: Shape;
  /** From this definition level on there is an item. */
  readonly filled: number;
  /** The repetition level of every item but the first. */
  readonly level: number;
}

export interface MapShape {
  readonly kind: "map";
  readonly key: Shape;
  readonly values: Shape;
  readonly filled: number;
  readonly level: number;
}

export interface StructShape {
  readonly kind: "struct";
  readonly fields: readonly { readonly name: string; readonly shape: Shape }[];
}

/** A column of values as it is stored: its place among the chunks of a row group. */
export interface Leaf {
  readonly index: number;
  readonly path: readonly string[];
  readonly physical: PhysicalType;
  /** Of FIXED_LEN_BYTE_ARRAY. */
  readonly width: number;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
  readonly stored: Stored;
}

export interface Schema {
  readonly columns: StructShape["fields"];
  readonly leaves: readonly Leaf[];
}

const MAX_DEPTH = 100;
const MAX_WIDTH = 1 << 20;

/** @throws {Damage} If the elements are no tree, or a node of it is impossible. */
export function parseSchema(elements: readonly SchemaElement[]): Schema {
  const leaves: Leaf[] = [];
  const parser = new SchemaParser(elements, leaves);
  const [root] = elements;
  if (!root) return damaged("its schema is empty");
  // Some writers give a root without columns a type, or no number of children.
  const columns = parser.children(root.num_children ?? 0, { path: [], definition: 0, repetition: 0 }, 0);
  parser.assertDone();
  return { columns: columns.map((node) => ({ name: node.name, shape: shapeOf(node) })), leaves };
}

interface Node {
  readonly name: string;
  readonly isOptional: boolean;
  readonly isRepeated: boolean;
  readonly definition: number;
  readonly repetition: number;
  readonly annotation: ConvertedType | undefined;
  /** Undefined where it is a group. */
  readonly leaf: Leaf | undefined;
  readonly children: readonly Node[];
}

interface Place {
  readonly path: readonly string[];
  readonly definition: number;
  readonly repetition: number;
}

class SchemaParser {
  readonly #elements: readonly SchemaElement[];
  readonly #leaves: Leaf[];
  #next = 1;

  constructor(elements: readonly SchemaElement[], leaves: Leaf[]) {
    this.#elements = elements;
    this.#leaves = leaves;
  }

  children(count: number, place: Place, depth: number): Node[] {
    if (count < 0 || count > this.#elements.length) damaged(`its schema claims ${count} columns`);
    if (depth > MAX_DEPTH) damaged("its schema is nested too deeply");
    const nodes: Node[] = [];
    const names = new Set<string>();
    for (let index = 0; index < count; index++) {
      const node = this.#node(place, depth);
      if (names.has(node.name)) damaged(`it has two columns "${[...place.path, node.name].join(".")}"`);
      names.add(node.name);
      nodes.push(node);
    }
    return nodes;
  }

  assertDone(): void {
    if (this.#next !== this.#elements.length) damaged("its schema holds more columns than it claims");
  }

  #node({ path, definition, repetition }: Place, depth: number): Node {
    const element = this.#elements[this.#next++];
    if (element?.name === undefined) return damaged("its schema holds fewer columns than it claims");
    const kind = REPETITIONS[element.repetition_type ?? 0];
    if (!kind) return damaged(`column "${element.name}" has an unknown repetition`);
    const place = {
      path: [...path, element.name],
      definition: definition + (kind === "REQUIRED" ? 0 : 1),
      repetition: repetition + (kind === "REPEATED" ? 1 : 0),
    };
    const leaf =
      element.num_children === undefined || element.type !== undefined ? this.#leaf(element, place) : undefined;
    return {
      name: element.name,
      isOptional: kind === "OPTIONAL",
      isRepeated: kind === "REPEATED",
      definition: place.definition,
      repetition: place.repetition,
      annotation: annotationOf(element),
      leaf,
      children: leaf ? [] : this.#group(element.num_children ?? 0, place, depth),
    };
  }

  #group(count: number, place: Place, depth: number): Node[] {
    if (count === 0) damaged(`column "${place.path.join(".")}" is a group of nothing`);
    return this.children(count, place, depth + 1);
  }

  #leaf(element: SchemaElement, { path, definition, repetition }: Place): Leaf {
    const physical = PHYSICAL_TYPES[element.type ?? -1];
    if (!physical) return damaged(`column "${path.join(".")}" has an unknown type`);
    const width = element.type_length ?? 0;
    if (physical === "FIXED_LEN_BYTE_ARRAY" && !(width > 0 && width <= MAX_WIDTH))
      damaged(`column "${path.join(".")}" has values of ${width} bytes`);
    const leaf: Leaf = {
      index: this.#leaves.length,
      path,
      physical,
      width,
      maxDefinition: definition,
      maxRepetition: repetition,
      stored: storedOf(physical, width, element),
    };
    this.#leaves.push(leaf);
    return leaf;
  }
}

function annotationOf({ converted_type, logicalType }: SchemaElement): ConvertedType | undefined {
  if (logicalType?.LIST) return "LIST";
  if (logicalType?.MAP) return "MAP";
  return converted_type === undefined ? undefined : CONVERTED_TYPES[converted_type];
}

function shapeOf(node: Node): Shape {
  if (!node.isRepeated) return { ...bareShapeOf(node), nullable: node.isOptional, present: node.definition };
  // Repeated, and no list around it: a list that is never null.
  const items: Shape = { ...bareShapeOf(node), nullable: false, present: node.definition };
  return {
    kind: "list",
    items,
    filled: node.definition,
    level: node.repetition,
    nullable: false,
    present: node.definition - 1,
  };
}

function bareShapeOf(node: Node): LeafShape | ListShape | MapShape | StructShape {
  if (node.leaf) return { kind: "leaf", leaf: node.leaf };
  const [repeated] = node.children;
  if (repeated?.isRepeated && node.children.length === 1) {
    const { definition: filled, repetition: level } = repeated;
    if (node.annotation === "LIST") return { kind: "list", items: itemsOf(node, repeated), filled, level };
    const [key, values] = repeated.children;
    const isMap = node.annotation === "MAP" || node.annotation === "MAP_KEY_VALUE";
    if (isMap && key?.leaf && values && repeated.children.length === 2)
      return { kind: "map", key: shapeOf(key), values: shapeOf(values), filled, level };
    // JavaScript's keys are texts: a map by anything but single values is read as the list of pairs that it is.
    if (isMap) {
      const pair: Shape = { ...bareShapeOf(repeated), nullable: false, present: filled };
      return { kind: "list", items: pair, filled, level };
    }
  }
  return { kind: "struct", fields: node.children.map((child) => ({ name: child.name, shape: shapeOf(child) })) };
}

/**
 * The items of a list that is written in three levels, or in two as some writers did.
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#backward-compatibility-rules
 */
function itemsOf(list: Node, repeated: Node): Shape {
  const [only] = repeated.children;
  const isItem =
    !only ||
    repeated.children.length > 1 ||
    only.isRepeated ||
    repeated.name === "array" ||
    repeated.name === `${list.name}_tuple`;
  return isItem ? { ...bareShapeOf(repeated), nullable: false, present: repeated.definition } : shapeOf(only);
}

function storedOf(physical: PhysicalType, width: number, element: SchemaElement): Stored {
  const { logicalType: logical } = element;
  const converted = element.converted_type === undefined ? undefined : CONVERTED_TYPES[element.converted_type];
  switch (physical) {
    case "BOOLEAN":
      return { kind: "bool" };
    case "FLOAT":
      return { kind: "float32" };
    case "DOUBLE":
      return { kind: "float64" };
    case "INT96":
      return { kind: "int96" };
    case "INT32":
    case "INT64":
      return storedInteger(physical, element, converted);
    case "BYTE_ARRAY":
      if (logical?.DECIMAL || converted === "DECIMAL") return decimal(element);
      if (logical?.JSON || converted === "JSON") return { kind: "json" };
      if (logical?.BSON || converted === "BSON") return { kind: "bytes" };
      return { kind: logical?.UNKNOWN ? "nothing" : "text" };
    case "FIXED_LEN_BYTE_ARRAY":
      if (logical?.DECIMAL || converted === "DECIMAL") return decimal(element);
      if (logical?.UUID && width === 16) return { kind: "uuid" };
      if (logical?.FLOAT16 && width === 2) return { kind: "float16" };
      return { kind: "bytes" };
  }
}

function storedInteger(
  physical: "INT32" | "INT64",
  element: SchemaElement,
  converted: ConvertedType | undefined,
): Stored {
  const { logicalType: logical } = element;
  if (logical?.UNKNOWN) return { kind: "nothing" };
  if (logical?.DECIMAL || converted === "DECIMAL") return decimal(element);
  const isUnsigned = logical?.INTEGER ? logical.INTEGER.isSigned === false : converted?.startsWith("UINT_");
  if (physical === "INT32") {
    if (logical?.DATE || converted === "DATE") return { kind: "date" };
    if (logical?.TIME || converted === "TIME_MILLIS") return { kind: "time", unit: 3 };
    return { kind: isUnsigned ? "uint32" : "int32" };
  }
  if (logical?.TIMESTAMP)
    return {
      kind: "timestamp",
      unit: unitOf(logical.TIMESTAMP.unit),
      isUtc: logical.TIMESTAMP.isAdjustedToUTC ?? false,
    };
  if (converted === "TIMESTAMP_MILLIS") return { kind: "timestamp", unit: 3, isUtc: true };
  if (converted === "TIMESTAMP_MICROS") return { kind: "timestamp", unit: 6, isUtc: true };
  if (logical?.TIME) return { kind: "time", unit: unitOf(logical.TIME.unit) };
  if (converted === "TIME_MICROS") return { kind: "time", unit: 6 };
  return { kind: isUnsigned ? "uint64" : "int64" };
}

function unitOf(unit: { MILLIS?: unknown; MICROS?: unknown; NANOS?: unknown } | undefined): TimeUnit {
  if (unit?.NANOS) return 9;
  return unit?.MILLIS ? 3 : 6;
}

/** More digits than any decimal of 32 bytes has. */
const MAX_SCALE = 100;

function decimal({ logicalType, scale, name }: SchemaElement): Stored {
  const digits = logicalType?.DECIMAL?.scale ?? scale ?? 0;
  if (digits < 0 || digits > MAX_SCALE) damaged(`column "${name}" is a decimal of scale ${digits}`);
  return { kind: "decimal", scale: digits };
}
