import type { LoadProgress } from "../loaders/load-conversations.js";
import type { Estimate } from "../pipeline/estimate.js";
import type { PipelineEvent } from "../pipeline/event.js";
import { cutToWidth } from "../pipeline/visualise-text.js";
import type { Movement } from "../steps/continue-clusters.js";
import { actionWord } from "./decision.js";
import type { Effects } from "./effects.js";
import { dollarsText, spellBytes, spellCount, spellDuration, spellRows, textTable } from "./spell.js";

/** What a run tells while it works: the pipeline's events, and how far the input is read. */
export type RunEvent =
  | PipelineEvent
  | ({ readonly type: "read" } & LoadProgress)
  | { readonly type: "input-warning"; readonly message: string };

export interface Progress {
  tell(event: RunEvent): void;
  /** Leaves the terminal with the cursor at the start of a line. */
  end(): void;
}

export type ProgressKind = "terminal" | "plain" | "json" | "quiet";

/** Often enough to look alive, seldom enough to cost nothing. */
const REPAINT_MS = 100;
/** A log should not grow with the time a step takes by more than this. */
const PLAIN_MS = 5000;
const ERASE_LINE = "\r\u001b[2K";

export function progressOf(kind: ProgressKind, effects: Effects): Progress {
  return kind === "json" ? new JsonProgress(effects) : new TextProgress(kind, effects);
}

/** One JSON object a line on stdout. Of how far something is, at most ten a second, and always the last. */
class JsonProgress implements Progress {
  readonly #effects: Effects;
  #last = { what: "", at: 0 };
  #held: RunEvent | undefined;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  tell(event: RunEvent): void {
    const { now } = this.#effects;
    const what = event.type === "progress" ? event.step : event.type === "read" ? "read" : "";
    if (what !== "" && what === this.#last.what && now() - this.#last.at < REPAINT_MS) {
      this.#held = event;
      return;
    }
    if (what !== this.#last.what) this.end();
    this.#held = undefined;
    this.#last = { what, at: now() };
    this.#write(event);
  }

  end(): void {
    if (this.#held) this.#write(this.#held);
    this.#held = undefined;
  }

  #write(event: RunEvent): void {
    void this.#effects.stdout.write(`${JSON.stringify(event)}\n`);
  }
}

interface Work {
  readonly label: string;
  readonly startedAt: number;
  paintedAt: number;
}

/** One line for what is going on: repainted on a terminal, repeated at long intervals elsewhere. */
class TextProgress implements Progress {
  readonly #kind: "terminal" | "plain" | "quiet";
  readonly #effects: Effects;
  readonly #said = new Set<string>();
  #work: Work | undefined;
  /** What the terminal's last line shows now. */
  #line = "";
  readonly #retried = new Set<string>();
  #taken: { step: string; how: string } | undefined;

  constructor(kind: "terminal" | "plain" | "quiet", effects: Effects) {
    this.#kind = kind;
    this.#effects = effects;
  }

  tell(event: RunEvent): void {
    switch (event.type) {
      case "warning":
      case "input-warning":
        this.#warn(event.message);
        break;
      case "read":
        this.#read(event);
        break;
      case "decision": {
        const { step, action } = event.decision;
        this.#taken = action === "make" ? undefined : { step, how: actionWord(action, "past") };
        break;
      }
      case "step-start":
        this.#finishReading();
        if (this.#taken?.step !== event.step) this.#start(event.step);
        break;
      case "progress":
        this.#paint(event.step, { done: event.done, total: event.total });
        break;
      case "retry":
        this.#retry(event);
        break;
      case "step-end":
        this.#finish(event);
        break;
      case "estimate":
        if (this.#kind !== "quiet") this.#note(estimateLine(event));
        break;
      case "models":
        if (this.#kind !== "quiet") for (const line of modelLines(event.models)) this.#note(line);
        break;
      case "moved":
        if (this.#kind !== "quiet") this.#note(movementLine(event));
        break;
    }
  }

  /** Said once for a step: of a busy provider every call would say it. */
  #retry({ step, message }: Extract<RunEvent, { type: "retry" }>): void {
    if (this.#kind === "quiet" || this.#retried.has(step)) return;
    this.#retried.add(step);
    this.#note(`${step}: ${message} (trying again)`);
  }

  end(): void {
    if (this.#line !== "") this.#write(ERASE_LINE);
    this.#line = "";
  }

  #warn(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#note(`warning: ${message}`);
  }

  /** Above the line that is repainted. */
  #note(text: string): void {
    const line = this.#line;
    this.end();
    this.#write(`${text}\n`);
    if (line !== "") this.#repaint(line);
  }

  #read({ bytesRead, bytesTotal, conversations }: LoadProgress): void {
    if (!this.#work) this.#start("reading");
    const note = `${spellCount(conversations)} conversations, ${spellBytes(bytesRead)}`;
    this.#paint("reading", { done: bytesRead, total: bytesTotal, note });
  }

  #finishReading(): void {
    if (this.#work?.label !== "reading") return;
    this.end();
    this.#work = undefined;
  }

  #start(label: string): void {
    const at = this.#effects.now();
    this.#work = { label, startedAt: at, paintedAt: at - REPAINT_MS };
    if (this.#kind === "terminal") this.#repaint(`${label} …`);
    if (this.#kind === "plain") {
      this.#work.paintedAt = at;
      this.#write(`${label}: started\n`);
    }
  }

  #paint(label: string, { done, total, note }: { done: number; total: number | undefined; note?: string }): void {
    const work = this.#work;
    const now = this.#effects.now();
    if (!work || this.#kind === "quiet" || now - work.paintedAt < (this.#kind === "terminal" ? REPAINT_MS : PLAIN_MS))
      return;
    work.paintedAt = now;
    const seconds = (now - work.startedAt) / 1000;
    const count = note ?? (total === undefined ? spellCount(done) : `${spellCount(done)} of ${spellCount(total)}`);
    const parts = [count, ...pace(done, { total, seconds, isCounted: note === undefined })];
    const text = `${label}: ${parts.join(", ")}`;
    if (this.#kind === "terminal") this.#repaint(text);
    else this.#write(`${text}\n`);
  }

  #finish({ step, rows, seconds }: { step: string; rows: number; seconds: number }): void {
    this.end();
    const how = this.#taken?.step === step ? this.#taken.how : `made in ${spellDuration(seconds)}`;
    this.#work = undefined;
    if (this.#kind !== "quiet") this.#write(`${step}: ${spellRows(rows)}, ${how}\n`);
  }

  #repaint(line: string): void {
    this.#line = line;
    // A line that wraps cannot be erased.
    this.#write(ERASE_LINE + cutToWidth(line, this.#effects.stderr.columns - 1));
  }

  #write(text: string): void {
    void this.#effects.stderr.write(text);
  }
}

function estimateLine({ step, model, calls, of, inputTokens, outputTokens, dollars }: Estimate): string {
  const tokens = `about ${spellCount(inputTokens)} tokens in and ${spellCount(outputTokens)} out`;
  const cost = dollars === undefined ? "no price is known" : `${dollarsText(dollars)} by its price`;
  return `${step}: ${model} is asked for ${spellCount(calls)} of ${spellCount(of)} answers, ${tokens}, ${cost}`;
}

/** Who answers for which step. */
function modelLines(models: readonly { step: string; model: string }[]): string[] {
  return textTable(models.map(({ step, model }) => [step, `asks ${model}`]));
}

function movementLine({ moved, of, added }: Movement): string {
  return `${spellCount(moved)} of ${spellCount(of)} conversations moved to another cluster, ${spellCount(added)} clusters are new`;
}

/** How fast, and how long it will take at this pace; nothing before there is something to go by. */
function pace(
  done: number,
  { total, seconds, isCounted }: { total: number | undefined; seconds: number; isCounted: boolean },
): string[] {
  if (done <= 0 || seconds < 0.5) return [];
  const rate = done / seconds;
  const parts = isCounted ? [`${rate < 9.95 ? rate.toFixed(1) : spellCount(rate)}/s`] : [];
  if (total !== undefined && total > 0) {
    parts.unshift(`${Math.floor(Math.min(1, done / total) * 100)}%`);
    if (done < total) parts.push(`${spellDuration((total - done) / rate)} left`);
  }
  return parts;
}
