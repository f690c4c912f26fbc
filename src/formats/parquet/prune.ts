import type { ByteSource } from "../../bytes/byte-source.js";
import type { Condition, FieldTest, Scalar } from "../../rows/condition.js";
import { BloomFilter } from "./bloom-filter.js";
import type { Chunk, Group } from "./footer.js";
import { BloomFilterHeader, type Statistics } from "./metadata.js";
import type { Leaf, Shape, StructShape } from "./schema.js";
import { decodeThrift } from "./thrift.js";

/*
 * Which row groups cannot hold a row that a condition asks for. Nothing here decides on a row: what is not ruled out is looked at.
 */

/** What is known of one field in one row group. */
interface Known {
  readonly leaf: Leaf;
  readonly chunk: Chunk;
  readonly rows: number;
}

type Lookup = (field: string) => Known | undefined;

export function mayMatch(condition: Condition, group: Group, fields: StructShape["fields"]): boolean {
  return mayHold(condition, (field) => find(field, group, fields));
}

function mayHold(condition: Condition, lookup: Lookup): boolean {
  return Object.entries(condition).every(([name, wanted]) => {
    if (wanted === undefined || name === "not") return true;
    if (name === "and") return (wanted as readonly Condition[]).every((part) => mayHold(part, lookup));
    if (name === "or") return (wanted as readonly Condition[]).some((part) => mayHold(part, lookup));
    const known = lookup(name);
    return known === undefined || mayPass(testOf(wanted), known);
  });
}

function testOf(wanted: unknown): FieldTest {
  if (wanted === null) return { isNull: true };
  return typeof wanted === "object" ? (wanted as FieldTest) : { eq: wanted as Scalar };
}

function mayPass(test: FieldTest, { leaf, chunk, rows }: Known): boolean {
  const { null_count: nulls } = chunk.statistics;
  const needsNull = test.isNull === true;
  if (nulls !== undefined) {
    if (needsNull && nulls === 0) return false;
    if (!needsNull && nulls === rows && Object.values(test).some((value) => value !== undefined)) return false;
  }
  const range = rangeOf(leaf, chunk.statistics);
  if (!range) return true;
  const { eq, in: among, gt, gte, lt, lte } = test;
  if (eq !== undefined && !range.mayEqual(eq)) return false;
  if (among && !among.some((value) => range.mayEqual(value))) return false;
  if (gt !== undefined && !range.mayExceed(gt)) return false;
  if (gte !== undefined && !(range.mayExceed(gte) || range.mayEqual(gte))) return false;
  if (lt !== undefined && !range.mayFallBelow(lt)) return false;
  return lte === undefined || range.mayFallBelow(lte) || range.mayEqual(lte);
}

/** A field by its name, or by dots in structs; no field in a list, and none beside one whose name holds a dot, which may be meant. */
function find(field: string, group: Group, fields: StructShape["fields"]): Known | undefined {
  const whole = fields.find(({ name }) => name === field);
  const shape = whole ? whole.shape : descend(field.split("."), fields);
  if (shape?.kind !== "leaf" || shape.leaf.maxRepetition > 0) return undefined;
  return { leaf: shape.leaf, chunk: group.chunks[shape.leaf.index]!, rows: group.rowEnd - group.rowStart };
}

function descend(path: readonly string[], fields: StructShape["fields"]): Shape | undefined {
  if (fields.some(({ name }) => name.includes("."))) return undefined;
  const shape = fields.find(({ name }) => name === path[0])?.shape;
  if (path.length <= 1) return shape;
  return shape?.kind === "struct" ? descend(path.slice(1), shape.fields) : undefined;
}

interface KnownRange {
  mayEqual(value: Scalar): boolean;
  /** Some value may be greater than this one. */
  mayExceed(value: Scalar): boolean;
  mayFallBelow(value: Scalar): boolean;
}

function rangeOf(leaf: Leaf, { min_value: min, max_value: max }: Statistics): KnownRange | undefined {
  if (leaf.stored.kind === "text") return textRange(min, max);
  return min && max && numberRange(leaf, min, max);
}

function numberRange({ stored }: Leaf, minBytes: Uint8Array, maxBytes: Uint8Array): KnownRange | undefined {
  const min = numberOf(stored.kind, minBytes);
  const max = numberOf(stored.kind, maxBytes);
  // Bounds that are not numbers are no bounds.
  if (min === undefined || max === undefined || !(min <= max)) return undefined;
  const isNumber = (value: Scalar) => typeof value === "number" || typeof value === "bigint";
  return {
    mayEqual: (value) => isNumber(value) && value >= min && value <= max,
    mayExceed: (value) => isNumber(value) && max > value,
    mayFallBelow: (value) => isNumber(value) && min < value,
  };
}

function numberOf(kind: string, bytes: Uint8Array): number | bigint | undefined {
  const buffer = Buffer.from(bytes);
  if (kind === "int32" && buffer.length === 4) return buffer.readInt32LE();
  if (kind === "uint32" && buffer.length === 4) return buffer.readUInt32LE();
  if (kind === "int64" && buffer.length === 8) return buffer.readBigInt64LE();
  if (kind === "uint64" && buffer.length === 8) return buffer.readBigUInt64LE();
  if (kind === "float32" && buffer.length === 4) return buffer.readFloatLE();
  if (kind === "float64" && buffer.length === 8) return buffer.readDoubleLE();
  return undefined;
}

/**
 * Bounds are in the order of bytes, conditions in that of UTF-16 units. The two differ where a character beyond U+FFFF meets one from
 * U+E000 on: a wanted text without either is on the same side of a bound in both.
 */
function textRange(min: Uint8Array | undefined, max: Uint8Array | undefined): KnownRange | undefined {
  const compare = (bound: Uint8Array, value: string) => Buffer.compare(bound, Buffer.from(value));
  const isPlain = (value: string) => !/[\ud800-\uffff]/.test(value);
  return {
    mayEqual: (value) =>
      typeof value === "string" && !(min && compare(min, value) > 0) && !(max && compare(max, value) < 0),
    mayExceed: (value) => typeof value === "string" && !(max && isPlain(value) && compare(max, value) <= 0),
    mayFallBelow: (value) => typeof value === "string" && !(min && isPlain(value) && compare(min, value) >= 0),
  };
}

/** Fields with the values one of which each must equal, where the condition says so at its top. */
function equalities(condition: Condition): [field: string, values: readonly Scalar[]][] {
  return Object.entries(condition).flatMap(([name, wanted]): [string, readonly Scalar[]][] => {
    if (name === "and") return (wanted as readonly Condition[]).flatMap(equalities);
    if (wanted === undefined || name === "or" || name === "not") return [];
    const { eq, in: among } = testOf(wanted);
    if (eq !== undefined) return [[name, [eq]]];
    return among ? [[name, among]] : [];
  });
}

/** Asks the bloom filters of the fields that must equal something, which are read for it. */
export async function mayMatchFilters(
  condition: Condition,
  group: Group,
  fields: StructShape["fields"],
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const [field, values] of equalities(condition)) {
    const known = find(field, group, fields);
    const place = known?.chunk.bloomFilter;
    if (!known || !place || place.byteEnd - place.byteStart > MAX_FILTER_BYTES) continue;
    const plain = values.map((value) => plainOf(known.leaf, value));
    if (plain.includes(undefined)) continue;
    const filter = parseFilter(await source.read(place.byteStart, place.byteEnd, { signal }));
    if (filter && !plain.some((bytes) => filter.mayHold(bytes!))) return false;
  }
  return true;
}

/** As large as Arrow makes them. */
const MAX_FILTER_BYTES = 128 << 20;

/** Undefined for a filter of a kind that is not known: then it says nothing. */
function parseFilter(bytes: Uint8Array): BloomFilter | undefined {
  const { value, byteLength } = decodeThrift(BloomFilterHeader, bytes);
  const isKnown = value.algorithm?.BLOCK && value.hash?.XXHASH && value.compression?.UNCOMPRESSED;
  const bits = bytes.subarray(byteLength);
  if (!isKnown || bits.length === 0 || bits.length % 32 !== 0 || bits.length !== value.numBytes) return undefined;
  return new BloomFilter(Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength));
}

/** A value as the filter was fed with it; undefined where that cannot be told. */
function plainOf({ stored }: Leaf, value: Scalar): Uint8Array | undefined {
  if (stored.kind === "text" && typeof value === "string") return Buffer.from(value);
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  if (typeof value === "number" && !Number.isSafeInteger(value)) return undefined;
  const bytes = Buffer.alloc(stored.kind === "int32" ? 4 : 8);
  if (stored.kind === "int32" && value >= -(2 ** 31) && value < 2 ** 31) bytes.writeInt32LE(Number(value));
  else if (stored.kind === "int64" && BigInt.asIntN(64, BigInt(value)) === BigInt(value))
    bytes.writeBigInt64LE(BigInt(value));
  else return undefined;
  return bytes;
}
