import { createHash } from "node:crypto";
import { damagedLists, verifyAnswers } from "../../checkpoints/answers/verify-answers.js";
import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import { CheckpointManager } from "../../checkpoints/checkpoint-manager.js";
import { type Finding, findingOf, NOTHING, type VerifyOptions } from "../../checkpoints/finding.js";
import { KuraError } from "../../errors.js";
import { LocalStorage } from "../../storage/local.js";
import { realPathOf } from "../../storage/local-path.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION } from "../config/load-config.js";
import type { Copies } from "../copies.js";
import { nameOf } from "../directory.js";
import type { Effects } from "../effects.js";
import { type Found, foundLines, isWhole } from "../found-lines.js";
import { progressOf } from "../progress.js";
import { givenCopies } from "../subject.js";

const OPTIONS = {
  deep: { kind: "flag", about: "decode every row too, and compare their hash with that of the rows that were saved" },
  only: { kind: "text", value: "a,b", about: "only these checkpoints" },
  config: CONFIG_OPTION,
  json: { kind: "flag", about: "a JSON object for each finding on stdout, and nothing else" },
} as const;

export const verify: Command<typeof OPTIONS> = {
  spec: {
    name: "verify",
    about:
      "Read every byte of a directory, or of all copies: checkpoints, earlier revisions, what describes them, answers, fitted models.",
    argument: "[[format:]dir | path]",
    options: OPTIONS,
    example: "kura verify checkpoints --deep",
    notes: [
      "whole: as it was saved; unverified: nothing describes it, and every row can be read; damaged: neither; missing: only earlier revisions",
      "are there, or another copy has it; displaced: a file that others saved, or that was damaged, in whose place a save put its rows. Of several copies each is read:",
      "absent: there is no such directory; failed: it does not answer. unchecked: it could not be read this time, which the line below it explains.",
      "Nothing is changed. Exit code 1 if something is damaged, unchecked or failed.",
    ].join("\n"),
  },
  async run({ argument, options }, effects) {
    const { copies, name: given } = await givenCopies(argument, "verified", options.config, effects);
    const only = given !== undefined ? [given] : options.only?.split(",").map((name) => nameOf(name.trim()));
    const progress = progressOf(effects.stderr.isTerminal ? "terminal" : "quiet", effects);
    const found: Found[] = [];
    const done = new Set<string>();
    try {
      for (const { label, managers, directory, isAbsent } of copies.all) {
        const note = (finding: Omit<Found, "copy">) => found.push({ copy: label, ...finding });
        const at = (step: string) =>
          progress.tell({ type: "step-start", step: copies.areSeveral ? `${step}, ${label}` : step, total: undefined });
        if (isAbsent) note({ ...WHOLE_COPY, path: label, state: "absent" });
        try {
          for (const manager of managers)
            for await (const finding of findingsOf(manager, only, { at, deep: options.deep, signal: effects.signal }))
              note(finding);
          // Several formats may share a directory.
          if (only || directory === undefined || isAbsent || done.has(realPathOf(directory))) continue;
          done.add(realPathOf(directory));
          at("answers and models");
          for await (const finding of besideCheckpoints(directory, effects)) note(finding);
        } catch (error) {
          effects.signal.throwIfAborted();
          if (!copies.areSeveral || !(error instanceof KuraError)) throw error;
          note({ ...WHOLE_COPY, path: label, state: "failed", problem: error.message });
        }
      }
      for (const one of lackedBy(found, copies)) found.push(one);
      for (const name of only ?? []) if (!found.some((one) => one.name === name)) throw await copies.missing(name);
    } finally {
      progress.end();
    }
    if (options.json) for (const finding of found) await effects.stdout.write(`${JSON.stringify(finding)}\n`);
    else await effects.stdout.write(`${foundLines(found, { copies, deep: options.deep }).join("\n")}\n`);
    return found.some(({ state }) => isBad(state)) ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

const isBad = (state: Found["state"]): boolean => ["damaged", "unchecked", "failed"].includes(state);

/** Of a copy of which nothing could be looked at. */
const WHOLE_COPY = { ...NOTHING, name: "", part: "current" } as const;

interface FindingOptions {
  readonly at: (step: string) => void;
  readonly deep: boolean;
  readonly signal: AbortSignal;
}

async function* findingsOf(
  manager: BaseCheckpointManager,
  only: readonly string[] | undefined,
  { at, deep, signal }: FindingOptions,
): AsyncGenerator<Omit<Found, "copy">> {
  const { format } = manager;
  const isOurs = manager instanceof CheckpointManager;
  const there = await (isOurs ? manager.listKept() : manager.listCheckpoints({ signal }));
  for (const name of only ?? there) {
    if (!there.includes(name)) continue;
    at(`${name} (${format})`);
    if (isOurs)
      for await (const finding of manager.verifyCheckpoint(name, { deep, signal })) yield { name, format, ...finding };
    else yield { name, format, ...(await judged(manager, name, { deep, signal })) };
  }
}

/** Of a manager of one's own no more is known than what it opens. */
async function judged(manager: BaseCheckpointManager, name: string, options: VerifyOptions): Promise<Finding> {
  const { signal } = options;
  const found = await findingOf(() => manager.openCheckpoint(name, undefined, { signal }), options);
  return { part: "current", path: `${manager.location}: ${name}`, ...(found ?? { ...NOTHING, state: "missing" }) };
}

async function* besideCheckpoints(dir: string, { signal }: Effects): AsyncGenerator<Omit<Found, "copy">> {
  const storage = new LocalStorage(dir);
  for await (const { path, bytes, answers, damaged, unfinished } of verifyAnswers(storage, { signal })) {
    const problem =
      damaged > 0
        ? `${damaged} of its lines are not as they were written; the answers of the others are used, and those would be asked for again`
        : undefined;
    const state = damaged > 0 ? "damaged" : "whole";
    const note = unfinished > 0 ? { note: `${unfinished} bytes of an answer that never counted` } : {};
    yield {
      name: "answers",
      part: "answers",
      path: `${dir}/${path}`,
      state,
      rows: answers,
      bytes,
      ...note,
      ...(problem && { problem }),
    };
  }
  for await (const { path, reason } of damagedLists(storage))
    yield { name: "answers", part: "list", path, state: "damaged", bytes: undefined, problem: reason };
  for (const { path, byteLength } of await storage.list(".kura/models")) {
    const hash = /([0-9a-f]{64})\.data$/.exec(path)?.[1];
    if (!hash) continue;
    const state = (await hashOf(storage, path)) === hash ? "whole" : "damaged";
    const problem =
      state === "damaged" ? { problem: "it is not the model that was fitted; remove it, and it is fitted anew" } : {};
    yield { name: "models", part: "model", path: `${dir}/${path}`, state, bytes: byteLength, ...problem };
  }
}

async function hashOf(storage: LocalStorage, path: string): Promise<string | undefined> {
  const file = await storage.open(path);
  if (!file) return undefined;
  try {
    const hash = createHash("sha256");
    for (let start = 0; start < file.byteLength; start += CHUNK_BYTES)
      hash.update(await file.read(start, Math.min(file.byteLength, start + CHUNK_BYTES)));
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
const CHUNK_BYTES = 1 << 20;

/** Checkpoints of which a copy has nothing, and another has rows. */
function lackedBy(found: readonly Found[], { all }: Copies): Found[] {
  const names = new Set(found.filter(isWhole).map(({ name }) => name));
  return all.flatMap(({ label, managers: [manager] }) => {
    const mine = found.filter(({ copy }) => copy === label);
    // Of the copy as a whole something else is said.
    if (mine.some(({ name }) => name === "")) return [];
    return [...names]
      .filter((name) => !mine.some((one) => one.name === name))
      .map(
        (name): Found => ({
          ...WHOLE_COPY,
          copy: label,
          name,
          format: manager!.format,
          path: `${name} of "${label}"`,
          state: "missing",
        }),
      );
  });
}
