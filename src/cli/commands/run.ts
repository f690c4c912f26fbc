import { basename, dirname } from "node:path";
import type { Tally } from "../../checkpoints/answers/answers.js";
import type { BaseCheckpointManager } from "../../checkpoints/base-checkpoint-manager.js";
import type { CheckpointEvent } from "../../checkpoints/event.js";
import { CorruptCheckpointError, RowTypeMismatchError } from "../../errors.js";
import type { Decision } from "../../pipeline/plan.js";
import { planPipeline, type RunOptions, runPipeline } from "../../pipeline/run.js";
import { assertReached, STEPS, type StepName } from "../../pipeline/step.js";
import { VISUALISE_STYLES, visualisePipelineResults } from "../../pipeline/visualise.js";
import { CLUSTERINGS } from "../../steps/clusterings.js";
import type { Options } from "../args.js";
import { type Command, EXIT_CODES } from "../command.js";
import { CONFIG_OPTION, loadConfig } from "../config/load-config.js";
import { decisionTable } from "../decision.js";
import { makeAnew, outOption } from "../directory.js";
import type { Effects } from "../effects.js";
import { Failure, UsageError } from "../failure.js";
import { FORMAT_NAMES } from "../formats.js";
import { inputOf } from "../input.js";
import { MODEL_OPTIONS, modelsOf } from "../models.js";
import { nearestWord } from "../nearest-word.js";
import { type BroughtUp, bringUp, type OpenedPlaces, openPlaces, planningManager, takeOver } from "../places.js";
import { progressOf, type RunEvent } from "../progress.js";
import { areWhole, closing, type Done, doneEvent, incompleteLine, missedBy } from "../run-report.js";
import { SaidOnce } from "../said-once.js";
import { stoppable } from "../stoppable.js";
import { treeWidth, wantsColor } from "../terminal.js";

const OPTIONS = {
  out: {
    kind: "texts",
    value: "[format:]dir",
    about: "where checkpoints are kept and found again (default: checkpoints); given again, each is a copy of all",
  },
  "minimum-copies": {
    kind: "integer",
    value: "n",
    min: 1,
    about: "in how many copies each save has to succeed; those that miss one are brought up later (default: in all)",
  },
  "items-per-cluster": {
    kind: "integer",
    value: "n",
    min: 1,
    about: "about how many conversations a base cluster has (default: 10)",
  },
  clustering: {
    kind: "choice",
    choices: CLUSTERINGS,
    about:
      "base clusters of about that size, or wherever conversations lie close, with one of the rest; hdbscan takes up to 10,000 (default: k-means)",
  },
  "max-clusters": { kind: "integer", value: "n", min: 1, about: "at most so many clusters at the top (default: 10)" },
  seed: { kind: "integer", value: "n", min: 0, about: "the same seed and input give the same clusters (default: 42)" },
  limit: { kind: "integer", value: "n", min: 1, about: "only the first n conversations" },
  subset: { kind: "text", value: "name", about: "of a dataset of the Hub: which of its configs" },
  split: { kind: "text", value: "name", about: "of a dataset (default: the only one, or train)" },
  map: {
    kind: "text",
    value: "a=b,…",
    about: "of a dataset or table: which columns hold chat_id, created_at, messages",
  },
  "dry-run": { kind: "flag", about: "say what would be done with each step, and why; make nothing" },
  only: { kind: "text", value: "a,b", about: "only these steps; those before them must have been made" },
  from: { kind: "text", value: "step", about: "make this step and all after it anew, whatever is stored" },
  continue: { kind: "flag", about: "go on from the earlier clusters, as far as they hold, and say how far they moved" },
  "on-stale": {
    kind: "choice",
    choices: ["remake", "reuse", "error"],
    default: "remake",
    about: "rows made from something else: make them again, take them as they are, or stop",
  },
  "on-unknown": {
    kind: "choice",
    choices: ["adopt", "remake", "error"],
    default: "adopt",
    about: "rows made elsewhere: take them over where they belong to the input, make them again, or stop",
  },
  format: {
    kind: "choice",
    choices: ["auto", ...FORMAT_NAMES],
    default: "auto",
    about: "of the checkpoints: auto is the one that is there, else KURA_CHECKPOINT_FORMAT, else jsonl",
  },
  ...MODEL_OPTIONS,
  config: CONFIG_OPTION,
  replace: { kind: "flag", about: "go on although the directory holds other conversations, and replace them" },
  style: { kind: "choice", choices: VISUALISE_STYLES, default: "enhanced", about: "how much of the tree to draw" },
  quiet: { kind: "flag", about: "no progress; only warnings and the tree" },
  json: { kind: "flag", about: "events as JSON Lines on stdout, and nothing else" },
} as const;

export const run: Command<typeof OPTIONS> = {
  spec: {
    name: "run",
    about:
      "Turn conversations into summaries, clusters and a named hierarchy. Each step is kept; what is fresh is not made again.",
    argument: "<conversations>",
    secondWord: () => "it reads one file, so put several into one; --out names the directory of checkpoints",
    options: OPTIONS,
    example: "kura run conversations.json --out checkpoints",
    notes: [
      "Reads Kura's conversations (.json, .jsonl), exports of ChatGPT and Claude, OpenAI-style messages and ShareGPT; which one it is",
      "is told by its content. Also a .parquet file, the directory of a HuggingFace dataset (save_to_disk), and a dataset of the Hub,",
      "of Parquet or JSON Lines: hf://datasets/owner/name[@revision].",
    ].join("\n"),
  },
  whenStopped: "Finished steps and all answers are kept; run the same command again to go on.",
  async run({ argument, options }, effects) {
    if (options.json && options.quiet) throw new UsageError("--json and --quiet cannot be combined");
    const { signal, stderr } = effects;
    const steps = stepOptions(options);
    const loaded = await loadConfig(options.config);
    const { config } = loaded;
    const kind = options.json ? "json" : options.quiet ? "quiet" : stderr.isTerminal ? "terminal" : "plain";
    const progress = progressOf(kind, effects);
    const ask = async (question: string) => {
      progress.end();
      return await effects.ask!(question);
    };
    const models = await modelsOf(options, loaded, { ...effects, ...(effects.ask && { ask }) });
    const decisions = new Map<string, Decision>();
    const calls = new Map<string, Tally>();
    const onEvent = (event: RunEvent) => {
      if (event.type === "decision") decisions.set(event.decision.step, event.decision);
      if (event.type === "step-end" && event.calls) calls.set(event.step, event.calls);
      progress.tell(event);
    };
    let lagging: BroughtUp["lagging"] = [];
    const said = new SaidOnce();
    const onPlaceEvent = (event: CheckpointEvent) => said.isNew(event) && onEvent(event);
    const asked = { out: options.out, format: options.format, minimumCopies: options["minimum-copies"], config };
    const places = await openPlaces({ ...asked, onEvent: onPlaceEvent }, effects);
    const { manager } = places;
    const isDry = options["dry-run"];
    try {
      if (!isDry) {
        await sayTakenOver(await takeOver(manager, effects), options, effects);
        const { brought, ...left } = await bringUp(manager, signal);
        lagging = left.lagging;
        await sayTakenOver(brought, options, effects);
      }
      for (const { copy, message } of lagging) {
        said.note(copy);
        onEvent({ type: "input-warning", message });
      }
      const input = await inputOf(argument!, options, effects, {
        limit: options.limit,
        signal,
        onProgress: (read) => onEvent({ type: "read", ...read }),
        onWarning: (message) => onEvent({ type: "input-warning", message }),
      });
      const plan: RunOptions & { checkpointManager: BaseCheckpointManager } = {
        conversations: { ...input, read: () => stoppable(input.read(), signal) },
        checkpointManager: isDry ? await planningManager(manager) : manager,
        itemsPerCluster: options["items-per-cluster"] ?? config.itemsPerCluster,
        clustering: options.clustering ?? config.clustering,
        maxClusters: options["max-clusters"] ?? config.maxClusters,
        seed: options.seed ?? config.seed,
        continue: options.continue,
        ...steps,
        ...models,
        onEvent,
        signal,
      };
      if (isDry) return await sayPlan(await planPipeline(plan), options, effects);
      await places.remember();
      const result = await runPipeline({ ...plan, replace: options.replace });
      progress.end();
      const done: Done[] = [];
      for (const decision of decisions.values())
        done.push({
          decision,
          info: await manager.getCheckpointInfo(decision.step),
          calls: calls.get(decision.step),
        });
      const spent = models.budget.spent;
      const missed = missedBy(manager, done);
      const isComplete = lagging.length === 0 && missed.length === 0 && areWhole(done);
      if (options.json)
        await effects.stdout.write(`${JSON.stringify({ ...doneEvent(done, manager.location), spent })}\n`);
      else {
        const { stdout } = effects;
        if (steps.only?.includes("dimensionality") ?? true) {
          const tree = visualisePipelineResults(await result.clusters(), {
            style: options.style,
            width: treeWidth(stdout),
            color: wantsColor(stdout, effects),
          });
          await stdout.write(`${tree}\n\n`);
        }
        for (const message of missed) await stderr.write(`kura: ${message}\n`);
        if (!options.quiet) await stdout.write(`${closing(done, spent, places)}\n`);
        else if (!areWhole(done)) await stderr.write(`${incompleteLine(done)}\n`);
      }
      return isComplete ? EXIT_CODES.ok : EXIT_CODES.incomplete;
    } catch (error) {
      if (error instanceof RowTypeMismatchError) throw new Failure(error.message, ANOTHER_TABLE, { cause: error });
      throw error instanceof CorruptCheckpointError ? await withWayOut(error, places) : error;
    } finally {
      progress.end();
    }
  },
};

const ANOTHER_TABLE =
  "a run keeps rows of its own under that name; --out names another directory, and leaves this one as it is";

async function sayTakenOver(taken: readonly string[], { quiet, json }: Options<typeof OPTIONS>, { stderr }: Effects) {
  if (!quiet && !json) for (const line of taken) await stderr.write(`${line}\n`);
}

async function withWayOut(error: CorruptCheckpointError, { manager, directory }: OpenedPlaces): Promise<Error> {
  // A file is called as its checkpoint, and so is the directory of what is one.
  const names = [basename(error.path).split(".")[0]!, basename(dirname(error.path))];
  const name = names.find((each) => makeAnew(each) !== undefined);
  if (name === undefined) return error;
  const anew = makeAnew(name)!.replace("kura run … ", "");
  const revisions = await manager.listRevisions(name).catch(() => []);
  const isRestorable = revisions.some(({ current, ours }) => ours && !current);
  const out = directory === undefined ? "" : outOption(directory);
  const hint = isRestorable ? `${anew}\nkura restore ${name}${out} has the revision before back` : anew;
  return new Failure(error.message, hint, { cause: error });
}

/** @throws {UsageError} For what is no step. */
function stepOptions({
  only,
  from,
  "on-stale": onStale,
  "on-unknown": onUnknown,
}: Options<typeof OPTIONS>): Pick<RunOptions, "only" | "from" | "onStale" | "onUnknown"> {
  const steps = {
    ...(only !== undefined && { only: only.split(",").map((name) => stepNamed("--only", name.trim())) }),
    ...(from !== undefined && { from: stepNamed("--from", from) }),
  };
  try {
    assertReached(steps);
  } catch (error) {
    throw new UsageError((error as Error).message, "leave one of --only and --from out");
  }
  return { onStale, onUnknown, ...steps };
}

function stepNamed(option: string, typed: string): StepName {
  const names = STEPS.map(({ name }) => name);
  const found = names.find((name) => name === typed);
  if (found) return found;
  const nearest = nearestWord(typed, names);
  throw new UsageError(
    `${option}: there is no step "${typed}"`,
    nearest === undefined ? `there are ${names.join(", ")}` : `did you mean ${nearest}?`,
  );
}

async function sayPlan(
  decisions: readonly Decision[],
  { json }: Options<typeof OPTIONS>,
  { stdout }: Effects,
): Promise<number> {
  const lines = json
    ? decisions.map((decision) => JSON.stringify({ type: "decision", decision }))
    : decisionTable(decisions);
  await stdout.write(`${lines.join("\n")}\n`);
  return EXIT_CODES.ok;
}
