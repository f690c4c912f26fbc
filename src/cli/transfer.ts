import type { BaseCheckpointManager } from "../checkpoints/base-checkpoint-manager.js";
import { type Sent, sendCheckpoint } from "../checkpoints/send-checkpoint.js";
import { DivergedError, HubError, KuraError } from "../errors.js";
import type { Effects } from "./effects.js";
import { type Progress, progressOf } from "./progress.js";
import { spellBytes, spellCount, textTable } from "./spell.js";

/** One checkpoint on its way. */
export interface Transfer {
  readonly name: string;
  readonly from: BaseCheckpointManager;
  readonly to: BaseCheckpointManager;
}

interface Outcome {
  readonly name: string;
  readonly sent?: Sent;
  readonly error?: KuraError;
}

export interface TransferOptions {
  readonly replace: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

export const TRANSFER_OPTIONS = {
  only: { kind: "text", value: "a,b", about: "only these checkpoints" },
  replace: { kind: "flag", about: "also in the place of other or newer rows; these are kept as a revision" },
  quiet: { kind: "flag", about: "no progress" },
  json: { kind: "flag", about: "a JSON object for each checkpoint on stdout, and nothing else" },
} as const;

/**
 * Send them one by one, and say what became of each. One that cannot be sent stops no other.
 *
 * @returns Whether all are there now, and the names of those that are.
 */
export async function transferAll(
  transfers: readonly Transfer[],
  { replace, json, quiet }: TransferOptions,
  effects: Effects,
): Promise<{ isDone: boolean; names: string[] }> {
  const kind = json || quiet ? "quiet" : effects.stderr.isTerminal ? "terminal" : "plain";
  const progress = progressOf(kind, effects);
  const outcomes: Outcome[] = [];
  try {
    for (const transfer of transfers) outcomes.push(await transferOne(transfer, { replace, progress, effects }));
  } finally {
    progress.end();
  }
  await say(outcomes, json, effects);
  const there = outcomes.filter(({ error }) => !error);
  return { isDone: there.length === outcomes.length, names: there.map(({ name }) => name) };
}

async function transferOne(
  { name, from, to }: Transfer,
  { replace, progress, effects }: { replace: boolean; progress: Progress; effects: Effects },
): Promise<Outcome> {
  const { signal } = effects;
  try {
    const onProgress = (done: number, total: number | undefined) =>
      progress.tell({ type: "progress", step: name, done, total });
    const sent = await sendCheckpoint(from, to, name, { replace, onProgress, signal });
    return { name, sent };
  } catch (error) {
    signal.throwIfAborted();
    // Of these every other would fail too.
    if (error instanceof HubError && error.kind !== "conflict") throw error;
    if (error instanceof KuraError) return { name, error };
    throw error;
  }
}

async function say(outcomes: readonly Outcome[], json: boolean, { stdout, stderr }: Effects): Promise<void> {
  if (json) {
    for (const { name, sent, error } of outcomes) {
      const { rows, bytes, revision } = sent?.info ?? {};
      const said = error ? { error: error.message } : { rows, bytes, revision: revision?.id, sent: sent!.sent };
      await stdout.write(`${JSON.stringify({ checkpoint: name, ...said })}\n`);
    }
    return;
  }
  const rows = outcomes
    .filter(({ sent }) => sent)
    .map(({ name, sent }) => {
      const { rows, bytes } = sent!.info;
      return [name, rows === undefined ? "?" : spellCount(rows), spellBytes(bytes), sent!.sent ? "sent" : "was there"];
    });
  if (rows.length > 0)
    await stdout.write(`${textTable([["name", "rows", "size", ""], ...rows], { right: [1, 2] }).join("\n")}\n`);
  for (const { name, error } of outcomes) {
    if (!error) continue;
    const hint = error instanceof DivergedError ? "\n--replace puts this one in its place" : "";
    await stderr.write(`kura: ${name} was not sent: ${error.message}${hint}\n`);
  }
}
