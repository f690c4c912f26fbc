import { type ChildProcess, fork } from "node:child_process";
import { crc32 } from "node:zlib";
import type { ByteSource } from "../../bytes/byte-source.js";
import { CorruptCheckpointError, StorageError } from "../../errors.js";
import type { Columns, Row } from "../../rows/column.js";
import { noOwnPart } from "../columnar/own-part.js";
import type { BatchOptions, OpenPart, ReadOptions, RowReader } from "../format.js";
import { inParts } from "./read-in-parts.js";
import type { FromScout, Opened, Served, ToScout, Wanted } from "./scout-messages.js";
import type { SteppedReader } from "./stepped.js";
import { STEPPED } from "./stepped-formats.js";

const HEAP_MB = 256;
/**
 * For one step, which takes milliseconds, not counting what is waited for. What the limits of formats let through takes a second or two; a machine that
 * is short of processors takes longer. Nobody can tell from here which it was: the file is not called damaged for it.
 */
const STEP_TIMEOUT_MS = 10_000;
/** A process takes 50 ms to start, and a minute where too many others run. */
const START_MS = 60_000;
/** What ends a process from outside: whoever stops the program, or a system that is short of memory. It says nothing of the file. */
const FROM_OUTSIDE: readonly (string | null)[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];
/** How long a process waits for another file. */
const IDLE_MS = 3_000;

/** What is to be read ahead. */
export interface Mission {
  readonly format: keyof typeof STEPPED;
  /** Of the format's options, what decides which rows are read. */
  readonly variant?: unknown;
  readonly head: ByteSource;
  readonly options: ReadOptions;
  readonly openPart: OpenPart;
}

/**
 * A reader of files by a format that decodes in steps. Bytes that pieces vouch for are decoded in place. Of others, a child process with
 * limits of time and memory reads the same bytes by the same code a few steps ahead: what ends it never gets here, and what it has survived
 * this process survives. (Sending the rows over would cost several times what decoding them twice does, and changes some.)
 *
 * @throws {CorruptCheckpointError} Also from the iterator, if the child finds damage, or decoding ends it.
 * @throws {StorageError} From the iterator, if the child cannot be started, is ended by others, or is not heard of in time.
 */
export async function openScouted(mission: Mission): Promise<RowReader> {
  const { format, variant, head, options, openPart } = mission;
  const open = await STEPPED[format](variant);
  const reader = await open(head, options, openPart);
  return { ...reader, batches: (batchOptions) => scoutedBatches(reader, mission, batchOptions) };
}

async function* scoutedBatches(reader: SteppedReader, mission: Mission, options: BatchOptions): AsyncGenerator<Row[]> {
  if (reader.isVerified) {
    yield* reader.batches(options);
    return;
  }
  const scout = new Scout(mission, reader.columns, options);
  try {
    const pace = { before: (step: number) => scout.ahead(step), after: (step: number) => scout.follow(step) };
    yield* reader.batches(options, { pace, guard: (source, name) => scout.guard(source, name) });
    await scout.finish();
  } finally {
    scout.dismiss();
  }
}

class Scout {
  readonly #path: string;
  readonly #openPart: OpenPart;
  /** Files that the child has asked for, by name. */
  readonly #sources = new Map<string, ByteSource>();
  readonly #signal: AbortSignal | undefined;
  readonly #child: ChildProcess;
  /** Checksums of the bytes that the child was given, by their place. */
  readonly #served = new Map<string, number>();
  /** The last step that the child has done. */
  #reached = -1;
  #isHeard = false;
  #isDone = false;
  #isSpent = false;
  #isServing = false;
  #failure: unknown;
  /** Until it is heard for the first time it may still be starting. */
  #lastHeard = performance.now() + START_MS;
  #wake: (() => void) | undefined;

  constructor(
    { format, variant, head, options, openPart }: Mission,
    columns: Columns,
    { signal, ...batchOptions }: BatchOptions,
  ) {
    this.#path = options.path;
    this.#openPart = openPart;
    this.#sources.set("", head);
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
    this.#child = takeIdle() ?? start();
    this.#child.on("message", this.#onMessage);
    this.#child.on("exit", this.#onExit);
    this.#child.on("error", this.#onError);
    const { type } = options;
    // With a schema every column of every row is looked at, whatever is asked for.
    const { rowStart, rowEnd } = batchOptions;
    this.#say({
      kind: "order",
      format,
      variant,
      byteLength: head.byteLength,
      path: options.path,
      type: type && { name: type.name, columns },
      options: type?.schema ? { rowStart, rowEnd } : batchOptions,
    });
  }

  /** The same bytes that the child has been given, and not before it has been given them. */
  guard(source: ByteSource, name: string): ByteSource {
    return {
      byteLength: source.byteLength,
      read: inParts(async (start, end, options) => {
        const place = placeOf(name, start, end);
        await this.#until(() => this.#served.has(place));
        const bytes = await source.read(start, end, options);
        if (crc32(bytes) !== this.#served.get(place))
          throw this.#corrupt(`bytes ${start}-${end} changed while they were read; read it again`);
        return bytes;
      }),
      close: () => source.close(),
    };
  }

  /** Until the child has done this step. */
  ahead(step: number): Promise<void> | undefined {
    return this.#reached >= step ? undefined : this.#until(() => this.#reached >= step);
  }

  follow(step: number): undefined {
    if (!this.#isDone) this.#say({ kind: "reached", step });
  }

  /** All was read here: the child has nothing to add either. */
  async finish(): Promise<void> {
    await this.#until(() => this.#isDone);
    if (this.#failure !== undefined) throw this.#failure;
  }

  dismiss(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#child.off("message", this.#onMessage);
    this.#child.off("exit", this.#onExit);
    this.#child.off("error", this.#onError);
    if (this.#isDone && !this.#isSpent) keepIdle(this.#child);
    else this.#child.kill("SIGKILL");
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      this.#signal?.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isDone) throw this.#corrupt("it is not the file any more that it was; read it again");
      // Only while somebody waits for it is the child late.
      const timer = setTimeout(this.#onSilence, STEP_TIMEOUT_MS);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      clearTimeout(timer);
    }
  }

  readonly #onMessage = (message: FromScout): void => {
    this.#isHeard = true;
    this.#lastHeard = performance.now();
    if (message.kind === "wanted") {
      void this.#serve(() => this.#read(message));
      return;
    }
    if (message.kind === "open") {
      void this.#serve(() => this.#open(message.file));
      return;
    }
    if (message.kind === "reached") {
      this.#reached = message.step;
    } else {
      const { damage, failure, isSpent } = message;
      this.#isDone = true;
      this.#isSpent = isSpent;
      if (failure) this.#failure ??= new StorageError("check", this.#path, failure);
      if (damage) this.#failure ??= this.#corrupt(damage.reason, damage);
    }
    this.#wake?.();
  };

  readonly #onExit = (_: number | null, signal: NodeJS.Signals | null): void =>
    this.#fail(
      FROM_OUTSIDE.includes(signal)
        ? this.#unchecked(`the process that decodes it first was ended from outside (${signal})`)
        : // It asks for bytes before it decodes any.
          this.#isHeard
          ? this.#corrupt(
              "decoding it ended the process that was sent ahead: it asks for more memory than a file should",
            )
          : noOwnPart(CHILD),
    );

  readonly #onError = (error: Error): void => {
    if (!this.#isHeard) this.#fail(noOwnPart(CHILD, error));
  };

  readonly #onAbort = (): void => this.#wake?.();

  readonly #onSilence = (): void => {
    // After a long act of this process its timers come before the messages that have arrived meanwhile.
    setImmediate(() => {
      const isLate = !this.#isServing && performance.now() - this.#lastHeard >= STEP_TIMEOUT_MS;
      if (isLate)
        this.#fail(this.#unchecked(`decoding a few hundred of its rows takes more than ${STEP_TIMEOUT_MS} ms`));
      else this.#wake?.();
    });
  };

  async #serve(answer: () => Promise<Served | Opened>): Promise<void> {
    this.#isServing = true;
    try {
      this.#say(await answer());
    } catch (error) {
      this.#failure ??= error;
    }
    this.#isServing = false;
    this.#lastHeard = performance.now();
    this.#wake?.();
  }

  async #read({ file, start, end }: Wanted): Promise<Served> {
    const bytes = await this.#sources.get(file)!.read(start, end, { signal: this.#signal });
    this.#served.set(placeOf(file, start, end), crc32(bytes));
    return { kind: "served", bytes };
  }

  async #open(file: string): Promise<Opened> {
    const part = await this.#openPart(file);
    if (!part) return { kind: "opened", part: undefined };
    const { source, path } = part;
    this.#sources.set(file, source);
    return { kind: "opened", part: { byteLength: source.byteLength, path } };
  }

  /** To a process that has ended nothing can be said; its end is told otherwise. */
  #say(message: ToScout): void {
    this.#child.send(message, () => {});
  }

  #fail(error: CorruptCheckpointError | StorageError): void {
    if (!this.#isDone) this.#failure ??= error;
    this.#wake?.();
  }

  #unchecked(reason: string): StorageError {
    return new StorageError("check", this.#path, `${reason}; try again when the machine has less to do`);
  }

  #corrupt(
    reason: string,
    { path, row, field }: { path?: string | undefined; row?: number | undefined; field?: string | undefined } = {},
  ): CorruptCheckpointError {
    return new CorruptCheckpointError(path ?? this.#path, reason, { row, field });
  }
}

function placeOf(file: string, start: number, end: number): string {
  return `${file} ${start}-${end}`;
}

/* A process is worth keeping for a moment: starting one takes longer than most files. */

let idle: ChildProcess | undefined;
let idleTimer: NodeJS.Timeout | undefined;

const CHILD = "scout-child.js";

/** @throws {StorageError} */
function start(): ChildProcess {
  try {
    const child = fork(new URL("./scout-child.js", import.meta.url), {
      serialization: "advanced",
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    // Of one that was heard its end is what counts, whatever else goes wrong with it.
    child.on("error", () => {});
    return child;
  } catch (error) {
    throw noOwnPart(CHILD, error);
  }
}

function takeIdle(): ChildProcess | undefined {
  const child = idle;
  idle = undefined;
  clearTimeout(idleTimer);
  if (!child?.connected) return undefined;
  child.ref();
  child.channel?.ref();
  return child;
}

/** It keeps nobody from ending. */
function keepIdle(child: ChildProcess): void {
  if (idle || !child.connected) {
    child.kill("SIGKILL");
    return;
  }
  idle = child;
  child.unref();
  child.channel?.unref();
  idleTimer = setTimeout(() => takeIdle()?.kill("SIGKILL"), IDLE_MS);
  idleTimer.unref();
}
