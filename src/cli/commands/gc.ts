import { collectAnswers, DEFAULT_ANSWER_LIMITS } from "../../checkpoints/answers/collect-answers.js";
import { CheckpointManager } from "../../checkpoints/checkpoint-manager.js";
import { collectModels } from "../../checkpoints/collect-models.js";
import { KuraError } from "../../errors.js";
import { LocalStorage } from "../../storage/local.js";
import { realPathOf } from "../../storage/local-path.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION } from "../config/load-config.js";
import { type CommandCopy, type Copies, openCopies } from "../copies.js";
import { assertDirectory } from "../directory.js";
import type { Effects } from "../effects.js";
import { UsageError } from "../failure.js";
import { isDataset } from "../hub.js";
import { spellBytes, spellCount, textTable } from "../spell.js";

const DAY_MS = 86_400_000;

const OPTIONS = {
  "dry-run": { kind: "flag", about: "say what would go; change nothing" },
  "keep-revisions": {
    kind: "integer",
    value: "n",
    min: 0,
    default: 1,
    about: "how many earlier revisions of each checkpoint stay",
  },
  "displaced-days": {
    kind: "integer",
    value: "n",
    min: 0,
    default: 30,
    about: "how long files stay that others saved, or that were damaged, after a save displaced them",
  },
  "answers-days": {
    kind: "integer",
    value: "n",
    min: 0,
    default: DEFAULT_ANSWER_LIMITS.maxAgeMs / DAY_MS,
    about: "how long answers stay of which no kept revision was made",
  },
  config: CONFIG_OPTION,
  json: { kind: "flag", about: "a JSON object for each part on stdout, and nothing else" },
} as const;

export const gc: Command<typeof OPTIONS> = {
  spec: {
    name: "gc",
    about:
      "Drop what is kept beyond what is wanted: earlier revisions, displaced files, answers, fitted models, litter of killed runs.",
    argument: "[[format:]dir]",
    options: OPTIONS,
    example: "kura gc checkpoints --dry-run",
    notes: "What stands stays, and all answers that it, or a revision that stays, was made of.",
  },
  whenStopped: "What is gone is gone; nothing is half.",
  async run({ argument, options }, effects) {
    const asked = { typed: argument === undefined ? undefined : [argument], config: options.config };
    if (argument !== undefined) assertDirectory(argument, "a dataset keeps the history of its commits");
    const copies = await openCopies({ ...asked, saysUnverified: false }, effects);
    const parts: Part[] = [];
    const done = new Set<string>();
    let code: number = EXIT_CODES.ok;
    for (const copy of copies.all) {
      try {
        parts.push(...(await sweep(copy, done, options, effects)));
      } catch (error) {
        if (!copies.areSeveral || !(error instanceof KuraError || error instanceof UsageError)) throw error;
        if (error instanceof KuraError) code = EXIT_CODES.failed;
        await effects.stderr.write(`${error.message}\n`);
      }
    }
    await say(
      parts.filter(({ what }) => what !== ""),
      copies,
      options,
      effects,
    );
    return code;
  },
};

/** @param done Directories, as several formats may share one. */
async function sweep(
  { label, managers, directory, isAbsent }: CommandCopy,
  done: Set<string>,
  options: Options<typeof OPTIONS>,
  effects: Effects,
): Promise<Part[]> {
  if (directory === undefined || isAbsent) {
    const why = isAbsent
      ? "there is no such directory"
      : isDataset(label)
        ? "it is a dataset of the Hub, whose history is that of its commits"
        : "it is no directory, and keeps its own history";
    throw new UsageError(`nothing of "${label}" can be dropped: ${why}`);
  }
  const dryRun = options["dry-run"];
  const parts: Part[] = [];
  for (const manager of managers) {
    if (!(manager instanceof CheckpointManager)) continue;
    for (const name of await manager.listKept()) {
      const swept = await manager.sweepCheckpoint(name, {
        keepRevisions: options["keep-revisions"],
        displacedBefore: new Date(Date.now() - options["displaced-days"] * DAY_MS),
        dryRun,
        signal: effects.signal,
      });
      const displaced = swept.revisions.filter((id) => id.startsWith("f")).length;
      const what = [
        counted(swept.revisions.length - displaced, "earlier revision"),
        counted(displaced, "displaced file"),
        counted(swept.temporary, "temporary file"),
      ];
      parts.push({
        copy: label,
        part: name,
        format: manager.format,
        what: what.filter((text) => text !== "").join(", "),
        bytes: swept.bytes,
      });
    }
  }
  const place = realPathOf(directory);
  if (done.has(place)) return parts;
  done.add(place);
  parts.push(await answersPart(directory, label, options, effects));
  const models = await collectModels(new LocalStorage(directory), { dryRun });
  parts.push({ copy: label, part: "models", what: counted(models.dropped, "fitted model"), bytes: models.bytes });
  return parts;
}

interface Part {
  readonly copy: string;
  readonly part: string;
  readonly format?: string;
  /** Empty where nothing goes. */
  readonly what: string;
  readonly bytes: number;
}

async function answersPart(
  dir: string,
  copy: string,
  options: Options<typeof OPTIONS>,
  { signal }: Effects,
): Promise<Part> {
  const storage = new LocalStorage(dir);
  const size = async () => (await storage.list(".kura/answers")).reduce((sum, { byteLength }) => sum + byteLength, 0);
  const before = await size();
  const maxAgeMs = options["answers-days"] * DAY_MS;
  const { dropped, byteLength } = await collectAnswers(dir, { maxAgeMs, dryRun: options["dry-run"], signal });
  const bytes = Math.max(0, before - (options["dry-run"] ? byteLength : await size()));
  return { copy, part: "answers", what: counted(dropped, "answer"), bytes };
}

async function say(
  parts: readonly Part[],
  { areSeveral, location }: Copies,
  options: Options<typeof OPTIONS>,
  { stdout }: Effects,
): Promise<void> {
  if (options.json) {
    for (const part of parts) await stdout.write(`${JSON.stringify(part)}\n`);
    return;
  }
  const total = spellBytes(parts.reduce((sum, { bytes }) => sum + bytes, 0));
  const header = ["part", "format", "size", "what"];
  const rows = parts.map((part) => [...(areSeveral ? [part.copy] : []), ...cells(part)]);
  const lines =
    parts.length === 0
      ? []
      : textTable([[...(areSeveral ? ["copy"] : []), ...header], ...rows], { right: [areSeveral ? 3 : 2] });
  const isDry = options["dry-run"];
  lines.push(
    parts.length === 0
      ? `Nothing of "${location}" is to go.`
      : isDry
        ? `${total} would go; without --dry-run they do.`
        : `${total} are gone.`,
  );
  await stdout.write(`${lines.join("\n")}\n`);
}

const cells = ({ part, format = "", bytes, what }: Part): string[] => [part, format, spellBytes(bytes), what];

function counted(count: number, what: string): string {
  return count === 0 ? "" : `${spellCount(count)} ${what}${count === 1 ? "" : "s"}`;
}
