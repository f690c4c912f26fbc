import { createHash } from "node:crypto";
import { answerKey } from "../checkpoints/answers/answer-key.js";
import { Answers, type Tally } from "../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { rowTypeRecord } from "../checkpoints/manifest.js";
import { assertKnownOptions } from "../checkpoints/options.js";
import { flattened } from "../checkpoints/row-access.js";
import { CallError, KuraError } from "../errors.js";
import { canonicalJson } from "../rows/canonical-json.js";
import type { Row } from "../rows/column.js";
import { isPlainObject } from "../rows/column-rules.js";
import { compileEncoder } from "../rows/encode.js";
import { FieldError, sketch } from "../rows/field-error.js";
import type { RowOfGiven } from "../rows/given-row.js";
import { addFields } from "../rows/infer-row-type.js";
import { fromJsonForm, toJsonForm } from "../rows/json-form.js";
import { parseLossless } from "../rows/lossless-json.js";
import {
  type GivenRowOf,
  type RowOf,
  type RowType,
  type RowTypeInput,
  resolveRowType,
  withoutSchema,
} from "../rows/row-type.js";
import { validateRow } from "../rows/standard-schema.js";
import { writeJson } from "../rows/write-json.js";
import { ask, bought } from "./ask.js";
import { askedRows } from "./asked-rows.js";
import { type AskingOptions, askerOptions, concurrencyOf, failuresOf } from "./asking-options.js";
import type { OnPipelineEvent } from "./event.js";
import type { FailedRow } from "./failures.js";
import { runStep } from "./run-step.js";

/** `R` is what `fn` returns, where no `type` says it. */
export interface ResumableMapOptions<I, T extends RowTypeInput, R = Row> extends Omit<AskingOptions, "budget"> {
  /** Of the checkpoint, and of what its answers are counted under. */
  name: string;
  /** JSON values, each different. A function lets them be streamed: it is called twice, and gives the same each time. */
  inputs: readonly I[] | (() => Iterable<I> | AsyncIterable<I>);
  /** What tells inputs apart, and names the rows that are missing. */
  key: (input: I) => string;
  /**
   * Makes the row of one input: a JSON object, or one that `type` takes. Throw a `CallError` to say whether trying again makes sense; all
   * else that it throws is tried again.
   */
  fn: RowMaker<I, T, R>;
  /** Raise it when `fn` would make other rows of the same inputs: another prompt, another model. */
  version?: string | number | undefined;
  type?: T | undefined;
  checkpointManager: BaseCheckpointManager;
  /** Rows are there of which nothing says what made them: an error (default), or replaced. */
  onUnknown?: "error" | "remake" | undefined;
  onEvent?: OnPipelineEvent | undefined;
  /** Begin nothing more: calls in flight are waited for, as they are paid for; then it rejects. */
  signal?: AbortSignal | undefined;
}

/*
 * A conditional type, so that TypeScript puts T in before it looks at what is returned: "a" stays a literal where the row type has
 * literals. `map-types.test.ts` says what that is good for.
 */
type RowMaker<I, T extends RowTypeInput, R> = T extends unknown
  ? (input: I, context: { signal: AbortSignal }) => Promise<T extends undefined ? R : GivenRowOf<T>>
  : never;

type MadeRow<T extends RowTypeInput, R> = T extends undefined ? RowOfGiven<R> : RowOf<T>;

export interface ResumableMapResult<O> {
  /** Read from the checkpoint, in the order of the inputs. */
  rows(): AsyncGenerator<O>;
  readonly tally: Tally;
  /** Inputs without a row; empty where the stored rows were taken as they are. */
  readonly failed: readonly FailedRow[];
}

const OPTIONS = [
  "name",
  "inputs",
  "key",
  "fn",
  "version",
  "type",
  "checkpointManager",
  "answers",
  "answerLimits",
  "concurrency",
  "maxFailed",
  "retryFailed",
  "attempts",
  "timeoutMs",
  "onUnknown",
  "onEvent",
  "signal",
] as const;

/**
 * A map whose function is dear: what it returned once for an input is not paid for again, whatever happens. Rows become a checkpoint, in
 * the order of the inputs; after a crash, or with more or other inputs, only inputs that have no answer yet cost a call.
 *
 * @throws {TooManyFailuresError} If more rows are missing than `maxFailed`; nothing is published then.
 * @throws {UnwritableAnswersError} Before the first call, if answers could not be kept; in between, at the first that cannot.
 * @throws {StaleCheckpointError} If rows of that name are there of which nothing says what made them.
 * @throws {KuraError} If `inputs` give something else when they are taken a second time; nothing is published then.
 */
export async function resumableMap<I, T extends RowTypeInput = undefined, R extends object = Row>(
  options: ResumableMapOptions<I, T, R>,
): Promise<ResumableMapResult<MadeRow<T, R>>> {
  assertKnownOptions("map", options, OPTIONS);
  assertUsable(options);
  const { name, checkpointManager, onUnknown = "error", onEvent, signal } = options;
  const fn = options.fn as RowMaker<I, undefined, R>;
  const concurrency = concurrencyOf(options);
  const type = resolveRowType(options.type, name) as RowType<MadeRow<T, R>> | undefined;
  const questions = questionsOf(options, type as RowType | undefined);
  const { hash, keys } = await survey(questions);
  const count = keys.size;
  const failures = failuresOf(name, options, count);
  let asked = new Answers(undefined);
  const source = await runStep<MadeRow<T, R>>({
    step: name,
    type: type && withoutSchema(type),
    fingerprint: {
      step: name,
      code: 1,
      inputs: { inputs: hash },
      models: {},
      options: { version: options.version ?? null, ...(type && { type: rowTypeRecord(type as RowType) }) },
    },
    total: count,
    checkpointManager,
    answers: options.answers,
    answerLimits: options.answerLimits,
    onUnknown,
    onEvent,
    signal,
    ownRows: false,
    belongs: async () => ({ fit: "none", inside: 0, missing: 0, outside: 0, changed: 0 }),
    make: async function* (context) {
      asked = await context.answers();
      const asking = askerOptions(name, options, { answers: asked });
      const rows = askedRows(
        sameAgain(name, questions(), keys),
        {
          concurrency,
          failures,
          onEvent,
          keyOf: ({ rowKey }) => rowKey,
          ask: ({ input, rowKey, key, read, write }) =>
            ask<string, MadeRow<T, R>>(
              {
                key,
                chatId: rowKey,
                make: (readBought) =>
                  bought(
                    async ({ signal }) => keepable(write, rowKey, await fn(input, { signal })),
                    readBought,
                    asking,
                  ),
                read: async (text) => (await read(text)) as MadeRow<T, R>,
              },
              asking,
            ),
        },
        context,
      );
      yield* type ? rows : (withAllFields(rows, keys, asked) as AsyncIterable<MadeRow<T, R>>);
    },
  });
  return { rows: () => flattened(source.batches()), tally: asked.tally(name), failed: failures.rows };
}

interface MapQuestion<I> {
  readonly input: I;
  readonly rowKey: string;
  readonly key: string;
  /** A row as the text that is kept, and back. */
  readonly write: (row: Row) => string;
  readonly read: (text: string) => Promise<Row>;
}

type Questions<I> = () => AsyncGenerator<MapQuestion<I>>;

function questionsOf<I>(
  { name, inputs, key, version }: Pick<ResumableMapOptions<I, undefined>, "name" | "inputs" | "key" | "version">,
  type: RowType | undefined,
): Questions<I> {
  const model = `map/${name}${version === undefined ? "" : `@${version}`}`;
  const write = (row: Row) => writeJson(type ? toJsonForm(row, type.columns) : row);
  const fitted = type && compileFit(type);
  const read = async (text: string) => {
    const row = parseLossless(text) as Row;
    return fitted ? await fitted(row) : row;
  };
  return async function* () {
    let number = 0;
    for await (const input of typeof inputs === "function" ? inputs() : inputs) {
      const rowKey = key(input);
      if (typeof rowKey !== "string")
        throw new TypeError(`Cannot map input ${number}: its key is ${sketch(rowKey)}, not a text`);
      yield { input, rowKey, key: answerKey({ model, text: spelled(input, number) }), write, read };
      number += 1;
    }
  };
}

/** What fn returned, as it is kept, as a row of a type. What only some of its row types know stays in what is kept. */
function compileFit({ columns, schema }: RowType): (kept: Row) => Promise<Row> {
  const assertFits = compileEncoder(columns);
  return async (kept) => {
    const given = fromJsonForm(kept, columns);
    const row = schema
      ? await validateRow(schema, given)
      : Object.fromEntries(columns.map(({ name }) => [name, given[name]]));
    assertFits(row);
    return row;
  };
}

function spelled(input: unknown, number: number): string {
  try {
    return canonicalJson(input);
  } catch (cause) {
    throw new TypeError(`Cannot map input ${number}: ${(cause as Error).message}`, { cause });
  }
}

/** What cannot be kept would be paid for again in every run: a function that returns such is called no more. */
function keepable(write: (row: Row) => string, rowKey: string, made: unknown): string {
  try {
    if (!isPlainObject(made)) throw new FieldError("", `a row is an object, it is ${sketch(made)}`);
    return write(made);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const where = error.field === "" ? "" : `field "${error.field}": `;
    throw new CallError("fatal", "no row", `Cannot keep what fn returned for "${rowKey}": ${where}${error.reason}`);
  }
}

/** One by one most of the time is spent waiting. */
const READ_AT_ONCE = 64;

/**
 * Rows that no type describes are saved with the fields of the first ones: of all, the first is given each field that any other has. The
 * others are read once more from their answers, when all of those are there.
 */
async function* withAllFields(
  rows: AsyncIterable<unknown>,
  keys: ReadonlyMap<string, string>,
  answers: Answers,
): AsyncGenerator<Row> {
  const fields = new Set<string>();
  let count = 0;
  for await (const row of rows) {
    addFields(fields, [row as Row]);
    count += 1;
  }
  const all = Object.fromEntries(Array.from(fields, (field) => [field, null]));
  const asked = [...keys.values()];
  let given = 0;
  for (let at = 0; at < asked.length; at += READ_AT_ONCE) {
    for (const answer of await Promise.all(asked.slice(at, at + READ_AT_ONCE).map((key) => answers.kept(key)))) {
      if (!answer || answer.failure) continue;
      const row = parseLossless(answer.value as string) as Row;
      yield given++ === 0 ? { ...all, ...row } : row;
    }
  }
  if (given !== count) throw new KuraError(`Cannot read ${count - given} of ${count} answers again; run again`);
}

/** What cannot be used would only show once for every input and attempt. */
function assertUsable({
  fn,
  key,
  inputs,
  checkpointManager,
}: { [option in "fn" | "key" | "inputs" | "checkpointManager"]: unknown }): void {
  for (const [name, given] of Object.entries({ fn, key }))
    if (typeof given !== "function") throw new TypeError(`Cannot map: ${name} is a function, not ${sketch(given)}`);
  if (!Array.isArray(inputs) && typeof inputs !== "function")
    throw new TypeError(
      `Cannot map: inputs is an array, or a function that gives an iterable; it is ${sketch(inputs)}`,
    );
  if (typeof (checkpointManager as BaseCheckpointManager | undefined)?.openCheckpoint !== "function")
    throw new TypeError(
      `Cannot map: checkpointManager is one, such as new JSONLCheckpointManager("./checkpoints"); it is ${sketch(checkpointManager)}`,
    );
}

/** One pass over all inputs: the answer's key by each row's, in their order, and what names exactly these. */
async function survey<I>(questions: Questions<I>): Promise<{ hash: string; keys: ReadonlyMap<string, string> }> {
  const hash = createHash("sha256");
  const keys = new Map<string, string>();
  for await (const { rowKey, key } of questions()) {
    if (keys.has(rowKey)) {
      const before = [...keys.keys()].indexOf(rowKey);
      throw new RangeError(`Cannot map: inputs ${before} and ${keys.size} have the same key "${rowKey}"`);
    }
    keys.set(rowKey, key);
    hash.update(`${JSON.stringify(rowKey)}${key}\n`);
  }
  return { hash: `sha256:${hash.digest("hex")}`, keys };
}

/**
 * The second pass, which has to give what the first did: what is published says that it was made of that.
 *
 * @throws {KuraError} At the first input that differs.
 */
async function* sameAgain<I>(
  map: string,
  questions: AsyncIterable<MapQuestion<I>>,
  seen: ReadonlyMap<string, string>,
): AsyncGenerator<MapQuestion<I>> {
  const expected = seen.entries();
  let number = 0;
  const differs = (how: string) =>
    new KuraError(
      `Cannot map "${map}": when the inputs were taken a second time, ${how}; nothing was published, and what was paid for is kept: give inputs that stay as they are, or a function that begins anew each time it is called`,
    );
  for await (const question of questions) {
    const next = expected.next();
    if (next.done) throw differs(`there were more than the ${seen.size} of the first time`);
    const [rowKey, key] = next.value;
    if (question.rowKey !== rowKey || question.key !== key) throw differs(`input ${number} was another one`);
    number += 1;
    yield question;
  }
  if (number < seen.size) throw differs(`they ended after ${number} of ${seen.size}`);
}
