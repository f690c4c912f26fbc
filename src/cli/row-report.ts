import { columnsThatDiffer, compareRows, NoSuchFieldError, type RowDifference } from "../checkpoints/compare-rows.js";
import type { CheckpointInfo } from "../checkpoints/info.js";
import type { OpenCheckpoint } from "../checkpoints/open-checkpoint.js";
import { accessTo, type RowOptions } from "../checkpoints/row-access.js";
import type { Effects } from "./effects.js";
import { UsageError } from "./failure.js";
import { spellCount, textTable } from "./spell.js";

export interface RowReportOptions {
  /** The field that tells rows apart, where it is not the row type's. */
  readonly key: string | undefined;
  /** Rows that are listed of a checkpoint. */
  readonly limit: number;
  readonly json: boolean;
}

/** What `fieldsOf` of a comparison is where every row is told: as many rows are kept in memory. */
const MOST_FIELDS = 1000;
const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

interface Sum extends Record<RowDifference["kind"] | "before" | "now" | "same", number> {
  readonly columns: readonly string[];
}

/** Rows that differ as they are found, then a table. */
export class RowReport {
  readonly #options: RowReportOptions;
  readonly #effects: Effects;
  readonly #table: string[][] = [["name", "before", "now", "same", "added", "removed", "changed", ""]];
  #differ = false;

  constructor(options: RowReportOptions, effects: Effects) {
    this.#options = options;
    this.#effects = effects;
  }

  async oneSided(name: string, only: string): Promise<void> {
    this.#differ = true;
    if (this.#options.json) await this.#print({ type: "checkpoint", checkpoint: name, only });
    else this.#table.push([name, "", "", "", "", "", "", `only in ${only}`]);
  }

  /** Closes both. */
  async rows(name: string, before: OpenCheckpoint, after: OpenCheckpoint, signal: AbortSignal): Promise<void> {
    const { json, limit, key } = this.#options;
    const counts = { added: 0, removed: 0, changed: 0 };
    let listed = 0;
    const columns = columnsThatDiffer(before.info.columns, after.info.columns);
    try {
      if (key === undefined && (await areSame(before, after, signal))) {
        const rows = before.info.rows!;
        await this.#sum(name, { before: rows, now: rows, same: rows, ...counts, columns });
        return;
      }
      const total = { before: counted(before), after: counted(after) };
      for await (const difference of compareRows(total.before.opened, total.after.opened, {
        key,
        signal,
        fieldsOf: json ? MOST_FIELDS : limit,
      })) {
        counts[difference.kind] += 1;
        if (json) await this.#print({ type: "row", checkpoint: name, ...difference });
        else if (listed++ < limit) await this.#effects.stdout.write(`${line(name, difference)}\n`);
      }
      const differing = counts.added + counts.removed + counts.changed;
      if (!json && differing > limit && limit > 0)
        await this.#effects.stdout.write(`… ${spellCount(differing - limit)} more of ${name}; --limit lists more\n`);
      const same = total.after.rows() - counts.added - counts.changed;
      if (differing > 0) this.#differ = true;
      await this.#sum(name, { before: total.before.rows(), now: total.after.rows(), same, ...counts, columns });
    } catch (error) {
      throw error instanceof NoSuchFieldError
        ? new UsageError(error.message, "--key names one, --only checkpoints")
        : error;
    } finally {
      await before.close();
      await after.close();
    }
  }

  async #sum(name: string, sum: Sum): Promise<void> {
    if (this.#options.json) {
      await this.#print({ type: "checkpoint", checkpoint: name, ...sum });
      return;
    }
    const { before, now, same, added, removed, changed, columns } = sum;
    const more = columns.length > 5 ? ", …" : "";
    this.#table.push([
      name,
      ...[before, now, same, added, removed, changed].map(spellCount),
      columns.length === 0 ? "" : `columns differ: ${columns.slice(0, 5).join(", ")}${more}`,
    ]);
  }

  /** @returns Whether something differs. */
  async end(): Promise<boolean> {
    if (!this.#options.json) {
      const lines = textTable(this.#table, { right: [1, 2, 3, 4, 5, 6] });
      await this.#effects.stdout.write(`${lines.join("\n")}\n`);
    }
    return this.#differ;
  }

  async #print(event: object): Promise<void> {
    await this.#effects.stdout.write(`${JSON.stringify(event)}\n`);
  }
}

/** Whether all bytes of both are those that were saved, of rows that have one hash: then no row has to be looked at. */
async function areSame(before: OpenCheckpoint, after: OpenCheckpoint, signal: AbortSignal): Promise<boolean> {
  const hash = (info: CheckpointInfo) => info.revision?.rowHash;
  if (hash(before.info) === undefined || hash(before.info) !== hash(after.info)) return false;
  const checked = [await before.check({ signal }), await after.check({ signal })];
  return checked.every(({ verified }) => verified === "bytes");
}

function line(name: string, { kind, key, fields }: RowDifference): string {
  return `${SIGNS[kind]} ${name} ${key}${fields === undefined ? "" : `: ${fields.join(", ")}`}`;
}

/** Rows are counted as they go by, where nobody has counted them. */
function counted(opened: OpenCheckpoint): { opened: OpenCheckpoint; rows: () => number } {
  let [rows, passes] = [0, 0];
  async function* batches(options?: RowOptions) {
    passes += 1;
    const isFirst = passes === 1;
    for await (const batch of opened.batches(options)) {
      if (isFirst) rows += batch.length;
      yield batch;
    }
  }
  return { opened: { ...opened, ...accessTo(batches) }, rows: () => rows };
}
