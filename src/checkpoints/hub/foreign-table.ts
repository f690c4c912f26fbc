import { HubError, SplitError } from "../../errors.js";
import { openConcatenated } from "../../formats/concatenated.js";
import { parquetFormat } from "../../formats/parquet.js";
import { USUAL_SPLIT, usualName, usualSplit } from "../../formats/usual-name.js";
import type { RowType } from "../../rows/row-type.js";
import type { OnCheckpointEvent } from "../event.js";
import { type Finding, findingOf, type VerifyOptions } from "../finding.js";
import type { CheckpointInfo } from "../info.js";
import { isCheckpointName } from "../names.js";
import type { OpenCheckpoint } from "../open-checkpoint.js";
import { readAs } from "../read-by-name.js";
import { countRows, rowAccess } from "../row-access.js";
import { readCard } from "./card.js";
import { datasetConfigs } from "./dataset-configs.js";
import type { HubSnapshot } from "./hub-snapshot.js";

/** A config that another program wrote, as `push_to_hub` of Python's `datasets` does: Parquet files by split, in one commit. */
export class ForeignTable {
  readonly name: string;
  readonly #snapshot: HubSnapshot;
  /** Paths by split. */
  readonly #splits: ReadonlyMap<string, readonly string[]>;

  constructor(name: string, snapshot: HubSnapshot, splits: ReadonlyMap<string, readonly string[]>) {
    this.name = name;
    this.#snapshot = snapshot;
    this.#splits = splits;
  }

  /**
   * Nothing vouches for the bytes, so they are decoded as those of any other program.
   *
   * @throws {SplitError} If there is no such split, or none is named and there are several, and no "train".
   */
  async open({ split, type, onEvent }: OpenForeignOptions): Promise<OpenCheckpoint> {
    const { name } = this;
    const names = [...this.#splits.keys()];
    const chosen = usualName(names, split, USUAL_SPLIT);
    if (chosen === undefined) throw new SplitError(`${this.#snapshot.label}, ${name}`, names, split);
    onEvent?.({
      type: "warning",
      code: "unverified",
      checkpoint: name,
      message: `"${this.#path(chosen)}" was not saved by this library: its rows are checked, its bytes cannot be (kura pull or adopt makes them yours)`,
    });
    const paths = this.#splits.get(chosen)!;
    const unknown = new Set<string>();
    const tellUnknown = (fields: readonly string[]) => {
      const unheard = fields.filter((field) => !unknown.has(field));
      for (const field of unheard) unknown.add(field);
      if (unheard.length === 0) return;
      const message = `rows of "${this.#path(chosen)}" hold fields that their row type does not know, which are left out: ${unheard.join(", ")}`;
      onEvent?.({ type: "warning", code: "unknown-fields", checkpoint: name, message });
    };
    const format = parquetFormat();
    const files = paths.map((file) => {
      const path = `${this.#snapshot.label}/${file}`;
      const open = async (read: RowType | undefined) => {
        const source = (await this.#snapshot.open(file))!;
        const options = { type: read, path, pieces: undefined, trusted: false, onUnknownFields: tellUnknown };
        return await format.read(source, options);
      };
      return { path, open };
    });
    const found = await readAs(
      type,
      { format, name, path: this.#path(chosen) },
      async (wanted) => ({ ...(await openConcatenated(files, wanted)), split: usualSplit(names, split, chosen) }),
      onEvent,
    );
    const { reader } = found;
    const info = { ...this.#info(paths), key: found.type?.key, columns: reader.columns, rows: reader.rowCount };
    return {
      info,
      ...rowAccess(name, reader),
      check: async ({ signal } = {}) => ({ ...info, rows: await countRows(reader, signal) }),
      close: async () => {},
    };
  }

  /** Of the split that would be read; of all of them where none would. */
  info(split: string | undefined): CheckpointInfo {
    const chosen = usualName([...this.#splits.keys()], split, USUAL_SPLIT);
    return this.#info(chosen === undefined ? [...this.#splits.values()].flat() : this.#splits.get(chosen)!);
  }

  /** A finding for each split: whether all its rows can be read. */
  async *verify(options: VerifyOptions): AsyncGenerator<Finding> {
    for (const [split, paths] of this.#splits) {
      const path = `${this.#snapshot.label}, ${this.name}`;
      const found = (await findingOf(() => this.open({ split }), options))!;
      yield { part: "current", path, split, ...found, bytes: this.#info(paths).bytes };
    }
  }

  #path(split: string): string {
    return `${this.#snapshot.label}, ${this.name}, split ${split}`;
  }

  #info(paths: readonly string[]): CheckpointInfo {
    const { files, modifiedAt } = this.#snapshot;
    return {
      name: this.name,
      format: "parquet",
      files: paths,
      bytes: paths.reduce((sum, path) => sum + files.get(path)!.byteLength, 0),
      rows: undefined,
      rowType: undefined,
      key: undefined,
      columns: [],
      savedAt: modifiedAt,
      revision: undefined,
      fingerprint: undefined,
      verified: false,
      complete: true,
      missing: [],
    };
  }
}

interface OpenForeignOptions {
  split?: string | undefined;
  type?: RowType | undefined;
  onEvent?: OnCheckpointEvent | undefined;
}

/**
 * The configs of a dataset whose files are Parquet and no checkpoints, by name; also of a name that one of ours had before another program put
 * others in its place. One whose name no checkpoint can have is not among them.
 *
 * @param nameOf The checkpoint whose file is at a path.
 * @throws {HubError} If the card of a dataset that has such files cannot be read.
 */
export async function foreignTables(
  snapshot: HubSnapshot,
  nameOf: (path: string) => string | undefined,
): Promise<Map<string, ForeignTable>> {
  const tables = new Map<string, ForeignTable>();
  const paths = [...snapshot.files.keys()];
  const isForeign = (path: string) => path.endsWith(".parquet") && nameOf(path) === undefined;
  if (!paths.some(isForeign)) return tables;
  const card = await readCard(snapshot);
  const refuse = (reason: string, { cause }: { cause?: unknown } = {}) =>
    new HubError("damaged", `read the card of ${snapshot.label}`, `${reason}; correct it there`, { cause });
  for (const [name, config] of await datasetConfigs(paths, card, refuse)) {
    if (!isCheckpointName(name)) continue;
    const splits = new Map([...config.splits()].filter(([, files]) => files.length > 0));
    const files = [...splits.values()].flat();
    const isOurs = files.some((path) => nameOf(path) === name);
    if (!isOurs && files.some(isForeign) && files.every((path) => path.endsWith(".parquet")))
      tables.set(name, new ForeignTable(name, snapshot, splits));
  }
  return tables;
}
