import { collectAnswers, DEFAULT_ANSWER_LIMITS } from "../../checkpoints/answers/collect-answers.js";
import { collectModels } from "../../checkpoints/collect-models.js";
import { LocalStorage } from "../../storage/local.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { directoryFor } from "../default-directory.js";
import { assertDirectory, openDirectory } from "../directory.js";
import type { Effects } from "../effects.js";
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
  json: { kind: "flag", about: "a JSON object for each part on stdout, and nothing else" },
} as const;

export const gc: Command<typeof OPTIONS> = {
  spec: {
    name: "gc",
    about:
      "Drop what is kept beyond what is wanted: earlier revisions, displaced files, answers, fitted models, litter of killed runs.",
    argument: "[dir]",
    options: OPTIONS,
    example: "kura gc checkpoints --dry-run",
    notes: "What stands stays, and all answers that it, or a revision that stays, was made of.",
  },
  whenStopped: "What is gone is gone; nothing is half.",
  async run({ argument, options }, effects) {
    const dir = await directoryFor(argument, effects);
    assertDirectory(dir, "its history is that of its commits, which stay");
    const dryRun = options["dry-run"];
    const { signal } = effects;
    const parts: Part[] = [];
    for (const manager of await openDirectory(dir, effects, { saysUnverified: false })) {
      for (const name of await manager.listKept()) {
        const displacedBefore = new Date(Date.now() - options["displaced-days"] * DAY_MS);
        const keepRevisions = options["keep-revisions"];
        const swept = await manager.sweepCheckpoint(name, { keepRevisions, displacedBefore, dryRun, signal });
        const isForeign = (id: string) => id.startsWith("f");
        const displaced = swept.revisions.filter(isForeign).length;
        const what = [
          counted(swept.revisions.length - displaced, "earlier revision"),
          counted(displaced, "displaced file"),
          counted(swept.temporary, "temporary file"),
        ];
        parts.push({
          part: name,
          format: manager.format,
          what: what.filter((text) => text !== "").join(", "),
          bytes: swept.bytes,
        });
      }
    }
    parts.push(await answersPart(dir, options, effects));
    const models = await collectModels(new LocalStorage(dir), { dryRun });
    parts.push({ part: "models", what: counted(models.dropped, "fitted model"), bytes: models.bytes });
    await say(
      parts.filter(({ what }) => what !== ""),
      dir,
      options,
      effects,
    );
    return EXIT_CODES.ok;
  },
};

interface Part {
  readonly part: string;
  readonly format?: string;
  /** Empty where nothing goes. */
  readonly what: string;
  readonly bytes: number;
}

async function answersPart(dir: string, options: Options<typeof OPTIONS>, { signal }: Effects): Promise<Part> {
  const storage = new LocalStorage(dir);
  const size = async () => (await storage.list(".kura/answers")).reduce((sum, { byteLength }) => sum + byteLength, 0);
  const before = await size();
  const maxAgeMs = options["answers-days"] * DAY_MS;
  const { dropped, byteLength } = await collectAnswers(dir, { maxAgeMs, dryRun: options["dry-run"], signal });
  const bytes = Math.max(0, before - (options["dry-run"] ? byteLength : await size()));
  return { part: "answers", what: counted(dropped, "answer"), bytes };
}

async function say(
  parts: readonly Part[],
  dir: string,
  options: Options<typeof OPTIONS>,
  { stdout }: Effects,
): Promise<void> {
  if (options.json) {
    for (const part of parts) await stdout.write(`${JSON.stringify(part)}\n`);
    return;
  }
  const total = spellBytes(parts.reduce((sum, { bytes }) => sum + bytes, 0));
  const lines =
    parts.length === 0 ? [] : textTable([["part", "format", "size", "what"], ...parts.map(cells)], { right: [2] });
  const isDry = options["dry-run"];
  lines.push(
    parts.length === 0
      ? `Nothing of "${dir}" is to go.`
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
