import type { RowTypeMismatchError } from "../errors.js";
import type { Format } from "../formats/format.js";
import type { Columns } from "../rows/column.js";
import type { Fingerprint, Manifest, Revision } from "./manifest.js";
import type { Evidence, Match } from "./match.js";
import type { PinnedFiles } from "./pinned-files.js";
import { type Place, partPath } from "./place.js";

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
  /** Tells the schema under which rows were saved from others; undefined where there was none, or it tells nothing of itself. */
  readonly schemaHash?: string | undefined;
  /** Empty where nothing says. */
  readonly columns: Columns;
  /** Of rows of another program that are called as one of Kura's checkpoints: why they are not read as that. */
  readonly mismatch?: RowTypeMismatchError | undefined;
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

export function infoOfMatch(place: Place, { manifest, by }: Match): CheckpointInfo {
  const { name, format, heads } = place;
  const parts = manifest.parts?.map((part) => partPath(place, part.name)) ?? [];
  return {
    name,
    format: format.name,
    files: [...parts, heads[0]],
    bytes: manifest.bytes,
    ...described(manifest),
    verified: by,
  };
}

/** Of what nothing describes. */
export async function infoOfFound({ name, format }: Place, found: PinnedFiles): Promise<CheckpointInfo> {
  return {
    name,
    format: format.name,
    ...(await found.listed()),
    rows: undefined,
    rowType: undefined,
    key: undefined,
    columns: [],
    savedAt: found.head.modifiedAt,
    revision: undefined,
    fingerprint: undefined,
    verified: false,
    complete: true,
    missing: [],
  };
}

/** The answer of a manager that is not enabled. */
export function nothingSaved({ name, format }: Place): CheckpointInfo {
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
    ...(rowType.schemaHash !== undefined && { schemaHash: rowType.schemaHash }),
    columns: rowType.columns,
    savedAt: new Date(revision.savedAt),
    revision,
    fingerprint,
    complete: missing.length === 0,
    missing,
  };
}
