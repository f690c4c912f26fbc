import { crc32 } from "node:zlib";
import type { Piece } from "../bytes/piece.js";
import type { Columns } from "../rows/column.js";
import type { RowType } from "../rows/row-type.js";

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
  /** A deletion: there are no rows, and none of before comes back. */
  readonly deleted?: true;
  readonly format: string;
  readonly bytes: number;
  readonly rows: number;
  /** Which version of which file holds the bytes; a shortcut, see `OpenedFile`. */
  readonly identity: string;
  readonly rowType: Pick<RowType, "name" | "key" | "columns">;
  readonly fingerprint?: Fingerprint;
  /** Keys of rows that should be there and are not. */
  readonly missing: readonly string[];
  readonly pieces: readonly Piece[];
}

/*
 * A manifest is one JSON object whose last member is the CRC-32 of all text before that member: one that is torn or altered is no
 * manifest, and its rows are then read unverified, never as ours.
 */
const SEAL = ',"crc32":';

export function encodeManifest({ pieces, ...rest }: Manifest): Uint8Array {
  const text = JSON.stringify({ ...rest, pieces: pieces.map((piece) => [piece.byteEnd, piece.rowEnd, piece.crc32]) });
  const body = text.slice(0, -1);
  return Buffer.from(`${body}${SEAL}${crc32(body)}}\n`);
}

/** undefined for what is no whole manifest. */
export function decodeManifest(bytes: Uint8Array): Manifest | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  const at = text.lastIndexOf(SEAL);
  if (at < 0 || text.slice(at) !== `${SEAL}${crc32(text.slice(0, at))}}\n`) return undefined;
  const { pieces, ...rest } = JSON.parse(`${text.slice(0, at)}}`) as Omit<Manifest, "pieces"> & {
    pieces: [number, number, number][];
  };
  return { ...rest, pieces: pieces.map(([byteEnd, rowEnd, crc32]) => ({ byteEnd, rowEnd, crc32 })) };
}

export function rowTypeRecord({ name, key, columns }: RowType): Manifest["rowType"] {
  return { name, ...(key !== undefined && { key }), columns: columns as Columns };
}
