import { CorruptCheckpointError, NoGoodCopyError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import type { RowType } from "../../rows/row-type.js";
import type { CheckpointInfo } from "../info.js";
import type { OpenCheckpoint } from "../open-checkpoint.js";
import { accessTo, type RowOptions } from "../row-access.js";
import { amongCopies } from "./among-copies.js";
import { type Copy, errorOf, isAboutTheQuestion } from "./copy.js";
import type { Survey } from "./survey.js";
import { watched } from "./watched.js";

export interface OpenSurveyOptions {
  readonly survey: Survey;
  /** Those that have what is wanted, in the order in which they are tried. */
  readonly candidates: readonly Copy[];
  readonly type: RowType | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A copy had what was wanted, and could not give it; another is tried next. */
  readonly onPassedOver: (copy: Copy, error: Error) => void;
  readonly onClose?: (() => Promise<void>) | undefined;
}

/**
 * The rows of a checkpoint from the first copy that can give them; when it fails on the way, from the next one, from where the first was.
 *
 * @returns undefined where none of the candidates has it any more.
 * @throws The error of the first candidate, where all failed.
 */
export async function openSurvey({
  survey,
  candidates,
  type,
  signal,
  onPassedOver,
  onClose,
}: OpenSurveyOptions): Promise<OpenCheckpoint | undefined> {
  const { name, newest } = survey;
  const left = [...candidates];
  const failures: { copy: Copy; error: Error }[] = [];

  const passOver = (copy: Copy, error: unknown) => {
    signal?.throwIfAborted();
    failures.push({ copy, error: errorOf(error) });
  };
  /** @param id Of the revision that must be it: rows of two are never mixed. */
  async function next(id?: string): Promise<{ copy: Copy; opened: OpenCheckpoint } | undefined> {
    for (let copy = left.shift(); copy; copy = left.shift()) {
      try {
        const opened = await copy.ask((manager, stop) => manager.openCheckpoint(name, type, { signal: stop }), {
          signal,
          tooLate: (late) => void late?.close().catch(() => {}),
        });
        const found = opened?.info.revision?.id;
        const isWanted = id === undefined ? !newest || (found ?? "") >= newest.revision.id : found === id;
        if (opened && isWanted) return { copy, opened: watched(copy, opened, signal) };
        await opened?.close();
      } catch (error) {
        passOver(copy, error);
      }
    }
    return undefined;
  }
  const report = () => {
    for (const { copy, error } of failures.splice(0)) onPassedOver(copy, error);
  };

  let current = await next();
  if (!current) {
    if (failures.length === 0) return undefined;
    throw failureOf(name, failures);
  }
  report();
  const { info } = current.opened;

  /** The next copy of the same rows. @throws What the first said, where there is none. */
  async function switchOver(error: unknown): Promise<void> {
    const { copy, opened } = current!;
    if (isAboutTheQuestion(error)) throw error;
    passOver(copy, error);
    const other = info.revision && (await next(info.revision.id));
    report();
    if (!other) throw amongCopies(error, survey, candidates);
    void opened.close();
    current = other;
  }

  async function* batches(options: RowOptions = {}): AsyncGenerator<Row[]> {
    let given = 0;
    for (;;) {
      const { copy, opened } = current!;
      // Which rows a condition has left out is not known: it is asked again, and what was given is skipped.
      const canSkip = options.where === undefined;
      let toSkip = canSkip ? 0 : given;
      const rest = canSkip && given > 0 ? { ...options, rowStart: (options.rowStart ?? 0) + given } : options;
      try {
        for await (const batch of opened.batches(rest)) {
          const wanted = toSkip > 0 ? batch.slice(toSkip) : batch;
          toSkip = Math.max(0, toSkip - batch.length);
          given += wanted.length;
          if (wanted.length > 0) yield wanted;
        }
        assertAll(copy, opened.info, options, given);
        return;
      } catch (error) {
        (options.signal ?? signal)?.throwIfAborted();
        if (error instanceof WrongCountError) {
          onPassedOver(copy, error);
          throw error;
        }
        await switchOver(error);
      }
    }
  }

  return {
    info,
    ...accessTo(batches),
    async check(options) {
      for (;;) {
        try {
          return await current!.opened.check(options);
        } catch (error) {
          await switchOver(error);
        }
      }
    },
    async close() {
      await current!.opened.close();
      await onClose?.();
    },
  };
}

/** A copy gave fewer or more rows than it says it has: none of those that it gave can be believed. */
export class WrongCountError extends CorruptCheckpointError {}

function assertAll({ label }: Copy, { rows, name }: CheckpointInfo, options: RowOptions, given: number): void {
  const { where, rowStart, rowEnd } = options;
  if (rows === undefined || where !== undefined || rowStart !== undefined || rowEnd !== undefined || given === rows)
    return;
  throw new WrongCountError(`${label}: ${name}`, `it gave ${given} rows and should have ${rows}`);
}

/** What is said when no copy could give the rows. */
export function failureOf(name: string, failures: readonly { copy: Copy; error: Error }[]): Error {
  const first = failures[0]!.error;
  const all = failures.map(({ copy, error }) => `"${copy.label}": ${error.message}`).join("; ");
  if (failures.length === 1 || isAboutTheQuestion(first)) return first;
  const damage = failures.map(({ error }) => error).find((error) => error instanceof CorruptCheckpointError);
  if (failures.every(({ error }) => error instanceof CorruptCheckpointError) && damage)
    return new CorruptCheckpointError(damage.path, `${damage.reason}; nor can any other copy be read: ${all}`, {
      ...damage,
    });
  return new NoGoodCopyError(name, all, first);
}
