import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { CallError, TooManyFailuresError } from "../../src/errors.js";
import { embeddingModel, textModel } from "../../src/models/ai-sdk.js";
import type { EmbeddingModel, TextModel } from "../../src/models/model.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import { type RunOptions, runPipeline } from "../../src/pipeline/run.js";
import type { Conversation } from "../../src/rows/builtin.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { type FakeCall, type Fault, startFakeProvider } from "../support/fake-provider/fake-provider.mjs";
import { seedOf } from "../support/fake-provider/words.mjs";

/*
 * Every fault of a provider at every step that asks one: each ends in a row, in a row that is named as missing, in something made without the
 * answer and said so, or in an error; and when the provider is well again, the same command makes the whole of it.
 */

const FAULTS = {
  transient: ["busy", "server error", "no json", "dropped", "cut off", "stall", "stall halfway"],
  shape: ["broken json", "wrong schema"],
  final: ["truncated", "refused", "filtered", "too long"],
  fatal: ["wrong key", "unknown model"],
} as const satisfies Record<string, readonly Fault[]>;
const KINDS = Object.entries(FAULTS) as [keyof typeof FAULTS, readonly Fault[]][];
const STEPS = ["summaries", "embeddings", "clusters", "meta_clusters"] as const;
/** What has no text to be wrong in. */
const ONLY_TEXT: readonly Fault[] = ["broken json", "wrong schema", "truncated", "refused"];

/**
 * Ends calls that the provider lets stall, and no others: a limit of time that is short enough to wait for is passed by answers, too, where
 * the machine is busy.
 */
class Patience {
  readonly #open = new Map<string, AbortController>();

  /** Once what there is of an answer has come. */
  end(prompt: string): void {
    const late = this.#open.get(prompt);
    setTimeout(() => late?.abort(new CallError("transient", "timed out", "No answer came")), 50);
  }

  textModel(model: TextModel): TextModel {
    return {
      ...model,
      generate: (call) => model.generate({ ...call, signal: this.#signal(call.prompt, call.signal) }),
    };
  }

  embeddingModel(model: EmbeddingModel): EmbeddingModel {
    return {
      ...model,
      embed: (texts, options) => model.embed(texts, { signal: this.#signal(texts.join("\0"), options?.signal) }),
    };
  }

  #signal(prompt: string, signal: AbortSignal | undefined): AbortSignal {
    const late = new AbortController();
    this.#open.set(prompt, late);
    return signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  }
}

const sample = readFileSync(new URL("../../examples/conversations.jsonl", import.meta.url), "utf8")
  .split("\n")
  .slice(0, 24)
  .map((line) => JSON.parse(line) as Conversation);

const CASES = KINDS.flatMap(([kind, faults]) =>
  faults.flatMap((fault) =>
    STEPS.flatMap((step) => {
      if (step === "embeddings" && ONLY_TEXT.includes(fault)) return [];
      return ([2, Number.POSITIVE_INFINITY] as const).map((times) => ({ kind, fault, step, times }));
    }),
  ),
);
const isLong = process.env["KURA_LONG"] !== undefined;
/** Of each fault one case, at another step each time. */
const TAKEN = isLong
  ? CASES
  : KINDS.flatMap(([, faults]) => faults).map((fault, index) => {
      const own = CASES.filter((one) => one.fault === fault);
      return own[(index * 5) % own.length]!;
    });

it.concurrent.each(TAKEN)(
  "$fault at $step, $times times",
  async ({ kind, fault, step, times }) => {
    let current = "";
    let isWell = false;
    /** A third of the questions, and the first of all, so that there is one. */
    const hit = new Set<string>();
    const script = ({ prompt, attempt, kind: of }: FakeCall): Fault | undefined => {
      if (of === "embedding" && ONLY_TEXT.includes(fault)) return undefined;
      if (isWell || current !== step || attempt > times) return undefined;
      if (hit.size === 0 || seedOf(prompt) % 3 === 0) hit.add(prompt);
      if (!hit.has(prompt)) return undefined;
      if (fault.startsWith("stall")) patience.end(prompt);
      return fault;
    };
    const patience = new Patience();
    const provider = await startFakeProvider({ script, retryAfterMs: 1 });
    const manager = new JSONLCheckpointManager(new MemoryStorage());
    const fallbacks: string[] = [];
    const run = async (more: Partial<RunOptions> = {}) => {
      const server = { baseUrl: provider.baseUrl };
      const onEvent = (event: PipelineEvent) => {
        if (event.type === "step-start") current = event.step;
        if (event.type === "warning" && event.code === "fallback") fallbacks.push(event.checkpoint);
      };
      return await runPipeline({
        conversations: sample,
        checkpointManager: manager,
        model: patience.textModel(textModel("teller", { ...server, schemaIn: "request" })),
        embeddingModel: patience.embeddingModel(embeddingModel("measure", { ...server, textsPerCall: 1 })),
        itemsPerCluster: 4,
        maxClusters: 2,
        attempts: 3,
        maxFailed: 0.99,
        onEvent,
        ...more,
      });
    };
    try {
      const error = await run().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(hit.size).toBeGreaterThan(0);
      if (kind === "fatal") expect(error).toMatchObject({ kind: "fatal" });
      else if (error)
        expect(error instanceof CallError || error instanceof TooManyFailuresError, String(error)).toBe(true);
      else {
        const rows = new Map<string, readonly string[]>();
        for (const name of ["summaries", "embeddings"] as const) {
          const made = (await manager.loadCheckpoint(name, name))!.map((row) => (row as { chat_id: string }).chat_id);
          const { missing, complete } = (await manager.getCheckpointInfo(name))!;
          const above = rows.get("summaries") ?? sample.map(({ chat_id }) => chat_id);
          expect([...made, ...missing].sort()).toEqual([...above].sort());
          expect(complete).toBe(missing.length === 0);
          rows.set(name, made);
        }
        const tree = (await manager.loadCheckpoint("meta_clusters", "meta_clusters"))!;
        for (const members of [tree.filter(({ parent_id }) => parent_id === null)])
          expect(members.flatMap(({ chat_ids }) => chat_ids).sort()).toEqual([...rows.get("embeddings")!].sort());
        const missed = sample.length - rows.get("embeddings")!.length;
        const heals = kind === "transient" || kind === "shape";
        if (heals && times === 2) expect([missed, fallbacks]).toEqual([0, []]);
        // What was never answered is told of, one way or the other.
        else if (!heals || times > 2) expect(missed + fallbacks.length).toBeGreaterThan(0);
      }

      isWell = true;
      const before = provider.calls.length;
      fallbacks.length = 0;
      await run({ retryFailed: true });
      expect(fallbacks).toEqual([]);
      for (const name of ["summaries", "embeddings"] as const)
        expect(await manager.getCheckpointInfo(name)).toMatchObject({ complete: true, rows: sample.length });
      if (step !== "summaries") {
        // Nothing above the step that failed is bought again.
        const again = provider.calls.slice(before).filter(({ prompt }) => prompt.startsWith("You read one"));
        expect(again.length).toBe(0);
      }
    } finally {
      await provider.stop();
    }
  },
  60_000,
);
