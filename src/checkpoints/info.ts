import type { Format } from "../formats/format.js";
import type { Columns } from "../rows/column.js";
import type { OpenedFile } from "../storage/storage.js";
import type { Fingerprint, Manifest, Revision } from "./manifest.js";
import type { Evidence, Match } from "./match.js";

/** What is known of a checkpoint. Costs no reading of rows, unless every byte was to be checked. */
export interface CheckpointInfo {
  readonly name: string;
  readonly format: Format["name"];
  /** Relative to the checkpoint directory. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** undefined where nobody has counted them. */
  readonly rows: number | undefined;
  /** Name of the row type it was saved with. */
  readonly rowType: string | undefined;
  /** The field that tells rows apart, where the row type says. */
  readonly key: string | undefined;
  /** Empty where nothing says. */
  readonly columns: Columns;
  /** When it was saved; of a file that is not ours, when it last changed. */
  readonly savedAt: Date | undefined;
  /** undefined for a file that is not ours. */
  readonly revision: Revision | undefined;
  /** What it was made from, as whoever saved it said. */
  readonly fingerprint: Fingerprint | undefined;
  /** How it is known that the bytes are those that were saved; false where nothing says so. */
  readonly verified: Evidence | false;
  /** Whether all rows are there that should be. */
  readonly complete: boolean;
  /** Keys of the rows that are not. */
  readonly missing: readonly string[];
}

export interface InfoSubject {
  readonly name: string;
  readonly format: Format;
  readonly visible: string;
}

export function infoOf(
  { name, format, visible }: InfoSubject,
  file: OpenedFile,
  match: Match | undefined,
): CheckpointInfo {
  const shared = { name, format: format.name, files: [visible], bytes: file.byteLength };
  if (match) return { ...shared, ...described(match.manifest), verified: match.by };
  return {
    ...shared,
    rows: undefined,
    rowType: undefined,
    key: undefined,
    columns: [],
    savedAt: file.modifiedAt,
    revision: undefined,
    fingerprint: undefined,
    verified: false,
    complete: true,
    missing: [],
  };
}

export function savedInfo({ name, format, visible }: InfoSubject, manifest: Manifest): CheckpointInfo {
  const shared = { name, format: format.name, files: [visible], bytes: manifest.bytes };
  return { ...shared, ...described(manifest), verified: "identity" };
}

/** The answer of a manager that is not enabled. */
export function nothingSaved({ name, format }: InfoSubject): CheckpointInfo {
  return {
    name,
    format: format.name,
    files: [],
    bytes: 0,
    rows: undefined,
    rowType: undefined,
    key: undefined,
    columns: [],
    savedAt: undefined,
    revision: undefined,
    fingerprint: undefined,
    verified: false,
    complete: false,
    missing: [],
  };
}

function described({ rows, rowType, revision, fingerprint, missing }: Manifest) {
  return {
    rows,
    rowType: rowType.name,
    key: rowType.key,
    columns: rowType.columns,
    savedAt: new Date(revision.savedAt),
    revision,
    fingerprint,
    complete: missing.length === 0,
    missing,
  };
}
