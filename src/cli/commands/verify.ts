import { createHash } from "node:crypto";
import { damagedLists, verifyAnswers } from "../../checkpoints/answers/verify-answers.js";
import type { CheckpointManager } from "../../checkpoints/checkpoint-manager.js";
import type { Finding } from "../../checkpoints/verify-checkpoint.js";
import { LocalStorage } from "../../storage/local.js";
import { type Command, EXIT_CODES } from "../command.js";
import { directoryFor } from "../default-directory.js";
import { fileUnlessDirectory, makeAnew, missing, nameOf, openDirectory, outOption } from "../directory.js";
import type { Effects } from "../effects.js";
import { formatOf } from "../formats.js";
import { progressOf } from "../progress.js";
import { spellBytes, spellCount, textTable } from "../spell.js";

const OPTIONS = {
  deep: { kind: "flag", about: "decode every row too, and compare their hash with that of the rows that were saved" },
  only: { kind: "text", value: "a,b", about: "only these checkpoints" },
  json: { kind: "flag", about: "a JSON object for each finding on stdout, and nothing else" },
} as const;

export const verify: Command<typeof OPTIONS> = {
  spec: {
    name: "verify",
    about:
      "Read every byte of a directory: checkpoints, earlier revisions, what describes them, answers, fitted models.",
    argument: "[dir | path]",
    options: OPTIONS,
    example: "kura verify checkpoints --deep",
    notes: [
      "whole: as it was saved; unverified: nothing describes it, and every row can be read; damaged: neither; missing: only earlier revisions",
      "are there. Nothing is changed. Exit code 1 if something is damaged.",
    ].join("\n"),
  },
  async run({ argument, options }, effects) {
    const typed = await directoryFor(argument, effects);
    const file = fileUnlessDirectory(typed, "verified");
    const dir = file?.dir ?? typed;
    const managers = await openDirectory(dir, effects, { format: file?.format, saysUnverified: false });
    const only = file ? [file.name] : options.only?.split(",").map((name) => nameOf(name.trim()));
    const progress = progressOf(effects.stderr.isTerminal ? "terminal" : "quiet", effects);
    const at = (step: string) => progress.tell({ type: "step-start", step, total: undefined });
    const found: Found[] = [];
    try {
      for (const manager of managers) {
        const there = await manager.listKept();
        for (const name of only ?? there) {
          if (!there.includes(name)) continue;
          at(`${name} (${formatOf(manager)})`);
          for await (const finding of manager.verifyCheckpoint(name, { deep: options.deep, signal: effects.signal }))
            found.push({ name, format: manager.format, ...finding });
        }
      }
      for (const name of only ?? [])
        if (!found.some((one) => one.name === name)) throw await missing(managers[0]!, name);
      at("answers and models");
      if (!only) for await (const finding of besideCheckpoints(dir, effects)) found.push(finding);
    } finally {
      progress.end();
    }
    if (options.json) for (const finding of found) await effects.stdout.write(`${JSON.stringify(finding)}\n`);
    else await say(found, { dir, managers, deep: options.deep }, effects);
    return found.some(({ state }) => state === "damaged") ? EXIT_CODES.failed : EXIT_CODES.ok;
  },
};

interface Found extends Omit<Finding, "part" | "revision" | "rows"> {
  readonly name: string;
  readonly format?: string;
  readonly part: Finding["part"] | "answers" | "list" | "model";
  readonly revision?: string | undefined;
  readonly rows?: number | undefined;
}

async function* besideCheckpoints(dir: string, { signal }: Effects): AsyncGenerator<Found> {
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

async function say(
  found: readonly Found[],
  { dir, managers, deep }: { dir: string; managers: readonly CheckpointManager[]; deep: boolean },
  { stdout }: Effects,
): Promise<void> {
  if (found.length === 0) {
    await stdout.write(`"${dir}" has no checkpoints\n`);
    return;
  }
  const rows = found.map(({ name, format, part, revision, state, rows, bytes }) => [
    name,
    format ?? "",
    part === "revision"
      ? `revision ${revision}`
      : part === "manifest"
        ? `manifest ${revision}`
        : part === "current"
          ? ""
          : part,
    rows === undefined ? "" : spellCount(rows),
    bytes === undefined ? "" : spellBytes(bytes),
    state,
  ]);
  const damaged = found.filter(({ state }) => state === "damaged");
  const missing = found.filter(({ state }) => state === "missing");
  const lines = textTable([["name", "format", "part", "rows", "size", "state"], ...rows], { right: [3, 4] });
  for (const one of damaged) {
    lines.push("", `${one.path} is damaged: ${one.problem}`);
    if (one.part === "current") lines.push(...(await waysOut(one, managers, dir, found)));
  }
  for (const { name, path } of missing)
    lines.push("", `${path} is missing: kura restore ${name}${outOption(dir)} brings the revision before back`);
  const how = deep ? "every byte was hashed and every row decoded" : "every byte was hashed";
  lines.push(
    "",
    damaged.length === 0 ? `Nothing is damaged: ${how}.` : `${damaged.length} of ${found.length} are damaged: ${how}.`,
  );
  await stdout.write(`${lines.join("\n")}\n`);
}

/** What works, in the words that are to be typed. */
async function waysOut(
  { name, format }: Found,
  managers: readonly CheckpointManager[],
  dir: string,
  found: readonly Found[],
): Promise<string[]> {
  const isRestorable = found.some(
    (one) => one.name === name && one.format === format && one.part === "revision" && one.state === "whole",
  );
  const copy = found.find(
    (one) => one.name === name && one.format !== format && one.part === "current" && one.state === "whole",
  );
  const anew = makeAnew(name);
  const formatOption = managers.length > 1 && copy ? ` --format ${format}` : "";
  return [
    ...(isRestorable ? [`kura restore ${name}${formatOption}${outOption(dir)} has the revision before back`] : []),
    ...(copy ? [`${copy.path} is whole: the same checkpoint in another format`] : []),
    ...(anew === undefined ? [] : [anew]),
  ];
}
