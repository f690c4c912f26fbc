/**
 * Values as [kind, payload], the notation of compare.py: what JSON alone would blur (integers beyond 2^53, -0, float32, times) is said.
 */

/** One row, by the columns of its type. */
export const tagRow = (row, columns) => [
  "dict",
  columns.map((column) => [column.name, tagAs(row[column.name], column)]),
];

function tagAs(value, column) {
  if (value === null || value === undefined) return ["null"];
  switch (column.type) {
    case "timestamp":
      return ["time", value];
    case "vector":
      return ["f32", Array.from(value, spelled)];
    case "list":
      return ["list", value.map((item) => tagAs(item, column.items))];
    case "struct":
      return tagRow(value, column.fields);
    case "map":
      return ["dict", Object.entries(value).map(([key, item]) => [key, tagAs(item, column.values)])];
    default:
      return tagJson(value);
  }
}

function tagJson(value) {
  if (value === null) return ["null"];
  if (typeof value === "boolean") return ["bool", value];
  if (typeof value === "number" || typeof value === "bigint") return ["num", spelled(value)];
  if (typeof value === "string") return ["text", value];
  if (Array.isArray(value)) return ["list", value.map(tagJson)];
  return ["dict", Object.entries(value).map(([key, item]) => [key, tagJson(item)])];
}

/** For Python's int() and float(). */
function spelled(number) {
  if (typeof number === "bigint") return String(number);
  return Object.is(number, -0) ? "-0.0" : String(number);
}

/**
 * What Python's json module found in a file against what this library loaded from it. Absent is null, as everywhere.
 *
 * @returns {string | undefined} a sentence where they differ
 */
export function difference([kind, payload], got, path = "row") {
  const told = (wanted) => `${path}: ${wanted} became ${show(got)}`;
  switch (kind) {
    case "null":
      return got === null || got === undefined ? undefined : told("null");
    case "num":
      return sameNumber(payload, got) || sameInstant(payload, got) ? undefined : told(payload);
    case "f32":
      return difference(["list", payload.map((number) => ["num", number])], got, path);
    case "list": {
      const items = ArrayBuffer.isView(got) ? Array.from(got) : got;
      if (!Array.isArray(items) || items.length !== payload.length) return told(`a list of ${payload.length}`);
      const wanted =
        got instanceof Float32Array ? payload.map(([k, number]) => [k, spelled(Math.fround(Number(number)))]) : payload;
      return first(wanted.map((item, i) => difference(item, items[i], `${path}[${i}]`)));
    }
    case "dict": {
      if (typeof got !== "object" || got === null || Array.isArray(got)) return told("an object");
      const names = new Set([...payload.map(([name]) => name), ...Object.keys(got)]);
      const wanted = new Map(payload);
      return first([...names].map((name) => difference(wanted.get(name) ?? ["null"], got[name], `${path}.${name}`)));
    }
    case "time":
      return sameTime(payload, got) ? undefined : told(payload);
    default:
      return got === payload ? undefined : told(show(payload));
  }
}

function sameNumber(wanted, got) {
  if (typeof got === "bigint") return /^-?\d+$/.test(wanted) && BigInt(wanted) === got;
  if (typeof got !== "number") return false;
  // An integer beyond 2^53 must not have been rounded on its way in.
  if (/^-?\d+$/.test(wanted) && !Number.isSafeInteger(got) && BigInt(wanted) !== BigInt(got)) return false;
  return Number(wanted) === got && (got !== 0 || Object.is(got, -0) === wanted.startsWith("-"));
}

/** Python has microseconds; nanoseconds of a file are more. */
function sameTime(wanted, got) {
  return typeof got === "string" && got.replace(/(\.\d{6})\d{3}$/, "$1") === wanted;
}

/** pandas, and datasets through it, write times as milliseconds since 1970; without an offset they mean UTC. */
function sameInstant(milliseconds, got) {
  if (typeof got !== "string" || !/^\d{4}-\d\d-\d\dT/.test(got)) return false;
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(got) ? got : `${got}Z`) === Number(milliseconds);
}

const first = (differences) => differences.find((found) => found !== undefined);

const show = (value) => (typeof value === "bigint" ? `${value}n` : (JSON.stringify(value)?.slice(0, 80) ?? "nothing"));
