import { crc32 } from "node:zlib";
import { endOf, MAX_PIECE_BYTES, type Piece } from "../bytes/piece.js";
import type { Columns } from "../rows/column.js";
import { isPlainObject } from "../rows/column-rules.js";
import { isColumns } from "../rows/is-columns.js";
import { parsePlain } from "../rows/lossless-json.js";
import type { RowType } from "../rows/row-type.js";
import { isPartName } from "./layout.js";
import { isRevisionId } from "./revision-id.js";

/** One saved state of a checkpoint. Made once, by whoever starts the save. */
export interface Revision {
  /** Sorts by time, as text, and never below its parent's. */
  readonly id: string;
  readonly parent: string | null;
  /** ISO 8601, UTC. */
  readonly savedAt: string;
  /** SHA-256 of the rows in their canonical form: the same rows have the same, whatever the format. */
  readonly rowHash: string;
}

/** The readable object that says what made a checkpoint: any JSON object. */
export type Fingerprint = Readonly<Record<string, unknown>>;

/** What is known of one revision in one format. Written once, never changed. */
export interface Manifest {
  readonly revision: Revision;
  /** Ids of the revisions before its parent, newest first, as far as a manifest names them. */
  readonly ancestors?: readonly string[];
  /** A deletion: there are no rows, and none of before comes back. */
  readonly deleted?: true;
  readonly format: string;
  /** Of the head and all parts. */
  readonly bytes: number;
  readonly rows: number;
  /** Which version of which file is the head; a shortcut, see `OpenedFile`. */
  readonly identity: string;
  readonly rowType: Pick<RowType, "name" | "key" | "columns" | "schemaHash">;
  readonly fingerprint?: Fingerprint;
  /** Keys of rows that should be there and are not. */
  readonly missing: readonly string[];
  /** Of the head. */
  readonly pieces: readonly Piece[];
  /** The files beside it, in the order of their rows. A restored revision has the parts of the one that it was. */
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly name: string;
  readonly identity: string;
  /** Their rows are counted from the part's own first. */
  readonly pieces: readonly Piece[];
}

/** A terabyte of rows is described by less; what is larger is not read. */
export const MAX_MANIFEST_BYTES = 32 << 20;

/*
 * A manifest is one JSON object whose last member is the CRC-32 of all bytes before that member: one that is torn or altered is no
 * manifest, and its rows are then read unverified, never as ours.
 */
const SEAL = ',"crc32":';

/** @throws {RangeError} If it is larger than is ever read. */
export function encodeManifest({ pieces, parts, ...rest }: Manifest): Uint8Array {
  const stored: Stored = {
    ...rest,
    pieces: pieces.map(fromPiece),
    ...(parts && { parts: parts.map((part) => ({ ...part, pieces: part.pieces.map(fromPiece) })) }),
  };
  const text = JSON.stringify(stored);
  const body = Buffer.from(text.slice(0, -1));
  const bytes = Buffer.concat([body, Buffer.from(sealOf(body))]);
  if (bytes.length <= MAX_MANIFEST_BYTES) return bytes;
  throw new RangeError(
    `Cannot describe rows by ${bytes.length} bytes, more than the ${MAX_MANIFEST_BYTES} that a manifest may have; name fewer missing keys, or a shorter madeFrom`,
  );
}

/** undefined for what is no whole manifest. */
export function decodeManifest(bytes: Uint8Array): Manifest | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = buffer.lastIndexOf(SEAL);
  if (at < 0 || buffer.toString("latin1", at) !== sealOf(buffer.subarray(0, at))) return undefined;
  let stored: unknown;
  try {
    stored = parsePlain(`${buffer.toString("utf8", 0, at)}}`);
  } catch {
    return undefined;
  }
  if (!isStored(stored)) return undefined;
  const { pieces, parts, ...rest } = stored;
  return {
    ...rest,
    pieces: pieces.map(toPiece),
    ...(parts && { parts: parts.map((part) => ({ ...part, pieces: part.pieces.map(toPiece) })) }),
  };
}

export function rowTypeRecord({ name, key, columns, schemaHash }: RowType): Manifest["rowType"] {
  return {
    name,
    ...(key !== undefined && { key }),
    columns: columns as Columns,
    ...(schemaHash !== undefined && { schemaHash }),
  };
}

type StoredPiece = readonly [byteEnd: number, rowEnd: number, crc32: number];
type StoredPart = Omit<Part, "pieces"> & { readonly pieces: readonly StoredPiece[] };
type Stored = Omit<Manifest, "pieces" | "parts"> & {
  readonly pieces: readonly StoredPiece[];
  readonly parts?: readonly StoredPart[];
};

const sealOf = (body: Uint8Array): string => `${SEAL}${crc32(body)}}\n`;

const fromPiece = ({ byteEnd, rowEnd, crc32 }: Piece): StoredPiece => [byteEnd, rowEnd, crc32];
const toPiece = ([byteEnd, rowEnd, crc32]: StoredPiece): Piece => ({ byteEnd, rowEnd, crc32 });

/** A checksum tells damage from what was written, not what we wrote from what somebody else did. */
function isStored(value: unknown): value is Stored {
  if (!isPlainObject(value)) return false;
  const {
    revision,
    ancestors,
    format,
    bytes,
    rows,
    identity,
    rowType,
    fingerprint,
    missing,
    pieces,
    parts = [],
    deleted,
  } = value;
  return (
    isPlainObject(revision) &&
    isRevisionId(revision["id"]) &&
    (revision["parent"] === null || isText(revision["parent"])) &&
    isText(revision["savedAt"]) &&
    isText(revision["rowHash"]) &&
    (ancestors === undefined || (Array.isArray(ancestors) && ancestors.every(isText))) &&
    (deleted === undefined || deleted === true) &&
    isText(format) &&
    isText(identity) &&
    isPlainObject(rowType) &&
    isText(rowType["name"]) &&
    isColumns(rowType["columns"]) &&
    (fingerprint === undefined || isPlainObject(fingerprint)) &&
    Array.isArray(missing) &&
    missing.every(isText) &&
    arePieces(pieces) &&
    Array.isArray(parts) &&
    parts.every(isPart) &&
    coverExactly([pieces, ...parts.map((part) => part.pieces)], bytes, rows)
  );
}

function isPart(value: unknown): value is StoredPart {
  return isPlainObject(value) && isPartName(value["name"]) && isText(value["identity"]) && arePieces(value["pieces"]);
}

/** None takes more memory than one that we write. */
function arePieces(pieces: unknown): pieces is readonly StoredPiece[] {
  if (!Array.isArray(pieces)) return false;
  let [byteEnd, rowEnd] = [0, 0];
  for (const piece of pieces) {
    if (!Array.isArray(piece) || piece.length !== 3 || !piece.every(Number.isSafeInteger)) return false;
    const [nextByte, nextRow] = piece as unknown as StoredPiece;
    if (nextByte <= byteEnd || nextByte - byteEnd > MAX_PIECE_BYTES || nextRow < rowEnd) return false;
    [byteEnd, rowEnd] = [nextByte, nextRow];
  }
  return true;
}

/** Every byte and row is in one piece of one file. */
function coverExactly(files: readonly (readonly StoredPiece[])[], bytes: unknown, rows: unknown): boolean {
  const ends = files.map((pieces) => endOf(pieces.map(toPiece)));
  const sum = (of: "byteEnd" | "rowEnd") => ends.reduce((total, end) => total + end[of], 0);
  return sum("byteEnd") === bytes && sum("rowEnd") === rows;
}

const isText = (value: unknown): value is string => typeof value === "string";
