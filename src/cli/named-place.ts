import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import type { OnCheckpointEvent } from "../checkpoints/event.js";
import type { CompressionName } from "../formats/parquet/compressions.js";
import type { PlaceSetting } from "../pipeline/config.js";
import { assertNoFile, parsePlace } from "./directory.js";
import type { Effects } from "./effects.js";
import { asUsage } from "./failure.js";
import { FORMATS, type FormatName, formatNamed } from "./formats.js";
import { isDataset, openDataset, parseDataset } from "./hub.js";
import { writtenThere } from "./written-there.js";

/** A place that is named, by what was typed, the environment or a config: not one that a config has made. */
export type NamedSetting = Exclude<PlaceSetting, BaseCheckpointManager>;

export interface OpenPlaceOptions {
  /** Of a directory. */
  readonly format: FormatName;
  readonly onEvent: OnCheckpointEvent;
  /** It is saved into: files are written as those that are there, where nothing else is said. */
  readonly isSavedTo?: boolean | undefined;
}

/** One place that is named, and how its managers are made. */
export class NamedPlace {
  /** The directory, or the dataset as it was written. */
  readonly dir: string;
  /** What the setting says itself. */
  readonly format: FormatName | undefined;
  readonly #options: Omit<Extract<NamedSetting, object>, "dir" | "format">;

  /**
   * @param isOnly Of several one may be ill.
   * @throws {UsageError} For what is no place.
   */
  constructor(setting: NamedSetting, { isOnly }: { isOnly: boolean }) {
    const { dir, format, ...options } = typeof setting === "string" ? { dir: setting } : setting;
    const place = format === undefined ? parsePlace(dir) : { dir, format: formatNamed(format) };
    this.dir = place.dir;
    this.format = place.format;
    this.#options = options;
    if (isOnly && !this.isDataset) assertNoFile(this.dir);
  }

  get isDataset(): boolean {
    return isDataset(this.dir);
  }

  /** @throws {UsageError} For options that a manager refuses. */
  async open(
    { format, onEvent, isSavedTo }: OpenPlaceOptions,
    effects: Pick<Effects, "env" | "stderr">,
  ): Promise<BaseCheckpointManager> {
    const options = { ...this.#options, onEvent };
    if (this.isDataset)
      return await openDataset(parseDataset(this.dir), effects, {
        ...options,
        compression: options.compression as CompressionName | undefined,
      });
    // What a place says of its files is said of those of its own format.
    const isOwn = this.format === undefined || this.format === format;
    const there = isSavedTo ? await writtenThere(this.dir, format) : {};
    const compression = (isOwn ? options.compression : undefined) ?? there.compression;
    return await asUsage(async () => await FORMATS[format].open(this.dir, { ...there, ...options, compression }));
  }
}
