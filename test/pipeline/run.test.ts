import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LoadOptions, Rows, SaveOptions } from "../../src/checkpoints/base-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { KuraError, MissingCheckpointError, StaleCheckpointError } from "../../src/errors.js";
import type { ConversationSource } from "../../src/pipeline/conversation-source.js";
import { conversationsFromCheckpoint } from "../../src/pipeline/conversations-from-checkpoint.js";
import { conversationsFromFile } from "../../src/pipeline/conversations-from-file.js";
import type { PipelineEvent } from "../../src/pipeline/event.js";
import type { Decision } from "../../src/pipeline/plan.js";
import { pipelineStatus, planPipeline, type RunOptions, runPipeline } from "../../src/pipeline/run.js";
import { type Conversation, ConversationSummary } from "../../src/rows/builtin.js";
import type { RowTypeInput } from "../../src/rows/row-type.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const sample = readFileSync(new URL("../../examples/conversations.jsonl", import.meta.url), "utf8")
  .split("\n")
  .slice(0, 80)
  .map((line) => JSON.parse(line) as Conversation);

let storage: MemoryStorage;
let manager: JSONLCheckpointManager;
beforeEach(() => {
  storage = new MemoryStorage();
  manager = new JSONLCheckpointManager(storage);
});

/** What was decided of each step: "made: missing". */
async function run(options: Partial<RunOptions> & Pick<RunOptions, "conversations">) {
  const decisions: string[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === "decision") decisions.push(`${event.decision.action}: ${event.decision.because}`);
  };
  const result = await runPipeline({ checkpointManager: manager, onEvent, ...options });
  return { decisions, result };
}

const ALL_MADE = Array(6).fill("make: missing");
const ALL_FRESH = Array(6).fill("reuse: fresh");

async function revisions(): Promise<Record<string, string | undefined>> {
  const ids: Record<string, string | undefined> = {};
  for (const name of await manager.listCheckpoints()) ids[name] = (await manager.getCheckpointInfo(name))?.revision?.id;
  return ids;
}

describe("runPipeline()", () => {
  it("clusters by density where it is told, which is part of what clusters are made from", async () => {
    await run({ conversations: sample });
    const { decisions, result } = await run({ conversations: sample, clustering: "hdbscan", itemsPerCluster: 3 });
    expect(decisions.slice(0, 4)).toEqual(["reuse: fresh", "reuse: fresh", "reuse: fresh", "make: stale"]);
    const base = (await manager.loadCheckpoint("clusters", "clusters"))!;
    expect(base.flatMap(({ chat_ids }) => chat_ids).sort()).toEqual(sample.map(({ chat_id }) => chat_id).sort());
    expect((await result.clusters()).length).toBeGreaterThanOrEqual(base.length);
    expect((await run({ conversations: sample, clustering: "hdbscan", itemsPerCluster: 3 })).decisions).toEqual(
      ALL_FRESH,
    );
  });

  it("refuses more conversations than are compared by density before it makes anything of them", async () => {
    const many = Array.from({ length: 10_001 }, (_, at) => ({ ...sample[0]!, chat_id: `c${at}` }));
    const model = { id: "m", generate: vi.fn() };
    await expect(run({ conversations: many, clustering: "hdbscan", model })).rejects.toThrow(
      /in 10001 points: at most 10000 are compared with each other; use k-means/,
    );
    expect(model.generate).not.toHaveBeenCalled();
  });

  it("makes every step once; a second run with the same input makes and saves nothing, and gives the same", async () => {
    const first = await run({ conversations: sample });
    expect(first.decisions).toEqual(ALL_MADE);
    expect(await manager.listCheckpoints()).toEqual(
      ["conversations", "summaries", "embeddings", "clusters", "meta_clusters", "dimensionality"].sort(),
    );
    const before = await revisions();
    const second = await run({ conversations: sample });
    expect(second.decisions).toEqual(ALL_FRESH);
    expect(await revisions()).toEqual(before);
    expect(await second.result.clusters()).toEqual(await first.result.clusters());
    expect(await second.result.summaries()).toHaveLength(80);
    expect(await second.result.conversations()).toEqual(sample);
  });

  it.each(["conversations", "embeddings", "meta_clusters"])(
    "ends where another run has put other %s in the place of its own, and what that one made stays",
    async (replaced) => {
      class Raced extends JSONLCheckpointManager {
        override async saveCheckpoint<T extends RowTypeInput = undefined>(
          name: string,
          rows: Rows<T>,
          type?: T,
          options?: SaveOptions,
        ) {
          const info = await super.saveCheckpoint(name, rows, type, options);
          if (name === replaced) await run({ conversations: sample.slice(15, 45), replace: true });
          return info;
        }
      }
      const first = run({ conversations: sample.slice(0, 30), checkpointManager: new Raced(storage) });
      await expect(first).rejects.toThrow(
        /^Cannot go on with checkpoint "\w+" in "memory": other rows were saved in their place since, as by another run/,
      );
      expect((await run({ conversations: sample.slice(15, 45) })).decisions).toEqual(ALL_FRESH);
    },
  );

  it("gives the same without a manager", async () => {
    const kept = await run({ conversations: sample });
    const { result } = await run({ conversations: sample, checkpointManager: undefined });
    expect(await result.clusters()).toEqual(await kept.result.clusters());
  });

  it("does not read an input whose name is known", async () => {
    const read = vi.fn(async function* () {
      yield* sample;
    });
    const source: ConversationSource = { fingerprint: async () => ({ file: "sha256:1" }), read };
    await run({ conversations: source });
    expect(read).toHaveBeenCalledTimes(1);
    expect((await run({ conversations: source })).decisions).toEqual(ALL_FRESH);
    expect(read).toHaveBeenCalledTimes(1);
    const renamed = { ...source, fingerprint: async () => ({ file: "sha256:2" }) };
    // Early cut-off: another file with the same rows leaves everything below fresh.
    expect((await run({ conversations: renamed })).decisions).toEqual(["make: stale", ...ALL_FRESH.slice(1)]);
  });

  it("keeps nothing of a file that is written to between hashing and reading it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "kura-run-"));
    try {
      const path = join(directory, "log.jsonl");
      const line = (conversation: Conversation) => `${JSON.stringify(conversation)}\n`;
      writeFileSync(path, sample.slice(0, 5).map(line).join(""));
      const whole = (conversations: ConversationSource) => run({ conversations, only: ["conversations"] });
      await whole(conversationsFromFile(path));
      const before = await revisions();
      appendFileSync(path, line(sample[5]!));
      const file = conversationsFromFile(path);
      let isWritten = false;
      const written: ConversationSource = {
        ...file,
        async *read() {
          yield* file.read();
          if (!isWritten) appendFileSync(path, line(sample[6]!));
          isWritten = true;
        },
      };
      await expect(whole(written)).rejects.toThrow(/^Cannot run on these conversations: the input has changed/);
      expect(await revisions()).toEqual(before);
      const { result } = await whole(conversationsFromFile(path));
      expect(await result.conversations()).toEqual(sample.slice(0, 7));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("reads rows that nobody vouches for twice, to name them and to keep them, and keeps none that changed in between", async () => {
    const directory = mkdtempSync(join(tmpdir(), "kura-run-"));
    try {
      const path = join(directory, "theirs.jsonl");
      const line = (conversation: Conversation) => `${JSON.stringify(conversation)}\n`;
      writeFileSync(path, sample.slice(0, 5).map(line).join(""));
      let passes = 0;
      let onPass = (_: number) => {};
      class Counted extends JSONLCheckpointManager {
        override async openCheckpoint<T extends RowTypeInput = undefined>(
          name: string,
          type?: T,
          options?: LoadOptions,
        ) {
          const opened = await super.openCheckpoint(name, type, options);
          const batches: typeof opened = opened && {
            ...opened,
            batches: (range) => {
              onPass(++passes);
              return opened.batches(range);
            },
          };
          return batches;
        }
      }
      const theirs = () => conversationsFromCheckpoint(new Counted(directory, { onEvent: () => {} }), "theirs");
      const { result } = await run({ conversations: theirs(), only: ["conversations"] });
      expect(await result.conversations()).toHaveLength(5);
      expect(passes).toBe(2);
      appendFileSync(path, line(sample[5]!));
      onPass = (pass) => pass === 5 && appendFileSync(path, line(sample[6]!));
      await expect(run({ conversations: theirs(), only: ["conversations"] })).rejects.toThrow(/the input has changed/);
      expect(await manager.loadCheckpoint("conversations")).toHaveLength(5);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("makes what is below a change, and says why", async () => {
    await run({ conversations: sample });
    expect((await run({ conversations: sample, itemsPerCluster: 5 })).decisions).toEqual([
      ...ALL_FRESH.slice(0, 3),
      ...Array(3).fill("make: stale"),
    ]);
    const edited = sample.with(3, {
      ...sample[3]!,
      messages: [{ ...sample[3]!.messages[0]!, content: "Something else" }],
    });
    const { decisions, result } = await run({ conversations: edited, itemsPerCluster: 5 });
    expect(decisions.slice(0, 3)).toEqual(Array(3).fill("make: stale"));
    expect((await result.summaries())[3]!.summary).toContain("Something else");
  });

  it("stops, or takes rows as they are, where it is told so", async () => {
    await run({ conversations: sample });
    const options = { conversations: sample.slice(1) };
    await expect(run({ ...options, onStale: "error" })).rejects.toThrow(StaleCheckpointError);
    expect((await run({ ...options, onStale: "reuse" })).decisions[0]).toBe("reuse: stale");
    expect(await manager.loadCheckpoint("conversations")).toHaveLength(80);
  });

  it("adopts summaries that another program made of these conversations, and remembers it", async () => {
    const { result } = await run({ conversations: sample, checkpointManager: undefined });
    const theirs = (await result.summaries()).map((summary) => ({ ...summary, summary: `Theirs: ${summary.summary}` }));
    await manager.saveCheckpoint("summaries", theirs, ConversationSummary);
    const { decisions, result: adopted } = await run({ conversations: sample });
    expect(decisions[1]).toBe("adopt: unknown");
    expect(await adopted.summaries()).toEqual(theirs);
    expect((await run({ conversations: sample })).decisions).toEqual(ALL_FRESH);
    expect((await manager.getCheckpointInfo("summaries"))?.fingerprint).toMatchObject({ adopted: true });
    expect((await run({ conversations: sample, from: "summaries" })).decisions[1]).toBe("make: asked");
  });

  describe("where only the rows are left, and conversations changed under their ids", () => {
    const edited = (...numbers: number[]) =>
      sample.map((row, at) =>
        numbers.includes(at)
          ? { ...row, messages: [{ ...row.messages[0]!, content: `How do I bake bread number ${at}?` }] }
          : row,
      );
    const ADOPTED = ["adopt: unknown", "adopt: unknown", "adopt: unknown", "adopt: unknown", "adopt: unknown"];
    const decisionsOf = (plan: readonly Decision[]) => plan.map(({ action, because }) => `${action}: ${because}`);

    beforeEach(async () => {
      await run({ conversations: sample });
      for (const name of await storage.listDirectories(".kura"))
        for (const { path } of await storage.list(`.kura/${name}`)) await storage.remove(path);
    });

    it("adopts all where none did", async () => {
      expect((await run({ conversations: sample })).decisions).toEqual(["adopt: unknown", ...ADOPTED]);
    });

    it("keeps the summaries of those that did not, and makes what divides all of them anew", async () => {
      const options = { conversations: edited(3, 7), checkpointManager: manager };
      const plan = await planPipeline(options);
      expect(plan[1]!.reasons.slice(0, 2)).toEqual([
        "made elsewhere: 78 of 80 rows are kept, 2 made",
        "2 conversations changed since these rows were made",
      ]);
      expect(plan[2]!.reasons[0]).toMatch(/^2 conversations changed since these rows were made; .*kura restore/);
      const { decisions, result } = await run(options);
      expect(decisions.slice(0, 4)).toEqual(["make: stale", "adopt: unknown", "make: stale", "make: stale"]);
      expect(decisions).not.toContain("reuse: fresh");
      expect(decisionsOf(plan).slice(0, 4)).toEqual(decisions.slice(0, 4));
      expect((await result.summaries())[3]!.summary).toContain("bread number 3");
      expect((await result.summaries())[4]!.summary).not.toContain("bread");
      expect((await run(options)).decisions).toEqual(ALL_FRESH);
    });

    it("makes all where all did, also after a run that was killed when it had kept the conversations", async () => {
      const options = { conversations: edited(...sample.keys()), checkpointManager: manager };
      expect((await run({ ...options, only: ["conversations"] })).decisions).toEqual(["make: stale"]);
      const plan = await planPipeline(options);
      expect(plan[1]!.reasons[0]).toMatch(/^80 conversations changed since these rows were made; /);
      const { decisions, result } = await run(options);
      expect(decisions.slice(0, 4)).toEqual(["reuse: fresh", "make: stale", "make: stale", "make: stale"]);
      expect((await result.summaries()).every(({ summary }) => summary.includes("bread"))).toBe(true);
    });

    it("goes by ids where no conversations are left, and does not mind how times are spelled", async () => {
      const spelled = sample.map((row) => ({ ...row, created_at: "2020-01-01T00:00:00.000000" }));
      expect((await planPipeline({ conversations: spelled, checkpointManager: manager }))[1]!.reasons).toEqual([
        "made elsewhere",
      ]);
      await storage.remove("conversations.jsonl");
      expect((await run({ conversations: edited(3, 7) })).decisions.slice(1)).toEqual(ADOPTED);
    });
  });

  it("refuses rows that another program made of something else, unless told to make them anew", async () => {
    const other = { ...sample[0]!, chat_id: "elsewhere" };
    const { result } = await run({ conversations: [other], checkpointManager: undefined });
    await manager.saveCheckpoint("summaries", await result.summaries(), ConversationSummary);
    await expect(run({ conversations: sample })).rejects.toThrow(/has nothing to do with this input/);
    await expect(run({ conversations: sample, onUnknown: "error" })).rejects.toThrow(StaleCheckpointError);
    expect((await run({ conversations: sample, onUnknown: "remake" })).decisions[1]).toBe("make: unknown");
  });

  it("adopts summaries of a part of the conversations, makes the others, and drops those of others with a word", async () => {
    const { result } = await run({ conversations: sample.slice(0, 30), checkpointManager: undefined });
    const theirs = (await result.summaries()).map((row) => ({ ...row, summary: `Theirs: ${row.summary}` }));
    const jumbled = [{ ...theirs[0]!, chat_id: "of another input" }, ...theirs.toReversed()];
    await manager.saveCheckpoint("summaries", jumbled, ConversationSummary);
    const options = { conversations: sample.slice(0, 40), checkpointManager: manager };
    const planned = (await planPipeline(options))[1]!;
    expect(planned).toMatchObject({ action: "adopt", because: "unknown" });
    expect(planned.reasons.join("; ")).toMatch(
      /^made elsewhere: 30 of 40 rows are kept, 10 made; 1 of others are dropped; .*kura restore summaries/,
    );
    const { decisions, result: completed } = await run(options);
    expect(decisions[1]).toBe("adopt: unknown");
    const rows = await completed.summaries();
    expect(rows.map(({ chat_id }) => chat_id)).toEqual(sample.slice(0, 40).map(({ chat_id }) => chat_id));
    expect(rows.slice(0, 30)).toEqual(theirs);
    expect(rows[35]!.summary).not.toContain("Theirs");
    expect((await run(options)).decisions).toEqual(ALL_FRESH);
    const kept = (await manager.listRevisions("summaries")).find(({ current }) => !current)!;
    await manager.restoreRevision("summaries", kept.id);
    expect(await manager.loadCheckpoint("summaries", ConversationSummary)).toEqual(jumbled);
  });

  it("keeps adopted summaries of conversations that did not change when others come and change", async () => {
    const { result } = await run({ conversations: sample.slice(0, 30), checkpointManager: undefined });
    const theirs = (await result.summaries()).map((row) => ({ ...row, summary: `Theirs: ${row.summary}` }));
    await manager.saveCheckpoint("summaries", theirs, ConversationSummary);
    await run({ conversations: sample.slice(0, 30) });
    const edited = sample.slice(0, 40).with(3, { ...sample[3]!, messages: sample[4]!.messages });
    const decisions: Decision[] = [];
    const onEvent = (event: PipelineEvent) => event.type === "decision" && decisions.push(event.decision);
    await runPipeline({ conversations: edited, checkpointManager: manager, onEvent });
    expect(decisions[1]!.reasons.at(-1)).toBe("29 rows that were made elsewhere stay");
    const rows = (await manager.loadCheckpoint("summaries", ConversationSummary))!;
    expect(rows.map(({ chat_id }) => chat_id)).toEqual(edited.map(({ chat_id }) => chat_id));
    expect(rows.filter(({ summary }) => summary.startsWith("Theirs: "))).toEqual(theirs.toSpliced(3, 1));
    expect((await run({ conversations: edited })).decisions).toEqual(ALL_FRESH);
    // By another prompt or model they would be made.
    expect((await run({ conversations: edited, from: "summaries" })).decisions[1]).toBe("make: asked");
    expect((await manager.loadCheckpoint("summaries", ConversationSummary))![0]!.summary).not.toContain("Theirs");
  });

  it("says which conversations go when the input is a part of what was there", async () => {
    await run({ conversations: sample });
    const options = { conversations: sample.slice(0, 10), checkpointManager: manager };
    const [planned] = await planPipeline(options);
    expect(planned!.reasons.at(-1)).toBe(
      "70 of the 80 conversations that are there are not in this input, and go (kura restore conversations)",
    );
    const decisions: Decision[] = [];
    const onEvent = (event: PipelineEvent) => event.type === "decision" && decisions.push(event.decision);
    await runPipeline({ ...options, onEvent });
    expect(decisions[0]).toEqual(planned);
  });

  it("takes a limit that was not reached for none", async () => {
    const source = (limit: number | undefined): ConversationSource => ({
      fingerprint: async () => ({ file: "sha256:1", ...(limit !== undefined && { limit: `${limit}` }) }),
      async *read() {
        yield* sample.slice(0, limit);
      },
    });
    await run({ conversations: source(100) });
    for (const limit of [undefined, 80, 1000])
      expect((await run({ conversations: source(limit) })).decisions).toEqual(ALL_FRESH);
    expect((await run({ conversations: source(79) })).decisions[0]).toBe("make: stale");
    expect((await run({ conversations: source(79) })).decisions).toEqual(ALL_FRESH);
    expect((await run({ conversations: source(undefined) })).decisions[0]).toBe("make: stale");
  });

  it("says of steps that were not asked for what is wrong with them", async () => {
    const options = { conversations: sample, checkpointManager: manager, only: ["clusters"] as const };
    const planned = await planPipeline(options);
    expect(planned.at(-1)).toMatchObject({ step: "summaries", action: "refuse", because: "missing" });
    await expect(run(options)).rejects.toThrow(/has none of that name; .*make it first, or leave out --only/);
    await run({ conversations: sample });
    const [, summaries] = await planPipeline({ ...options, conversations: sample.slice(1) });
    expect(summaries).toMatchObject({
      action: "skip",
      reasons: ["not asked for (--only clusters), though upstream: conversations may change"],
    });
  });

  it("does not build on rows that somebody rewrote to the same length", async () => {
    await run({ conversations: sample });
    const file = (await storage.open("summaries.jsonl"))!;
    const lines = Buffer.from(await file.read(0, file.byteLength))
      .toString()
      .trimEnd()
      .split("\n");
    const staged = await storage.stage("theirs.tmp", "summaries.jsonl");
    await staged.write(Buffer.from(`${lines.reverse().join("\n")}\n`));
    await staged.seal();
    await staged.publish();
    expect((await manager.getCheckpointInfo("summaries"))?.verified).toBe("length");
    expect((await run({ conversations: sample })).decisions[1]).toBe("adopt: unknown");
  });

  it("refuses another project's directory, before anything in it changes, unless told to replace", async () => {
    await run({ conversations: sample.slice(0, 40) });
    const before = await revisions();
    await expect(run({ conversations: sample.slice(40) })).rejects.toThrow(
      /none of these 40 conversations is among them/,
    );
    expect(await revisions()).toEqual(before);
    await expect(run({ conversations: [] })).rejects.toThrow(/these 0 conversations/);
    expect(await revisions()).toEqual(before);
    await run({ conversations: sample.slice(40), replace: true });
    expect(await manager.loadCheckpoint("conversations")).toEqual(sample.slice(40));
  });

  it("refuses two conversations with one id, and saves nothing", async () => {
    await expect(run({ conversations: [...sample, sample[5]!] })).rejects.toThrow(KuraError);
    expect(await manager.listCheckpoints()).toEqual([]);
  });

  it("makes only the steps that are asked for, from what those before them left", async () => {
    expect((await run({ conversations: sample, only: ["summaries"] })).decisions).toEqual([
      "make: missing",
      "make: missing",
    ]);
    await expect(run({ conversations: sample, only: ["meta_clusters"] })).rejects.toThrow(MissingCheckpointError);
    await run({ conversations: sample });
    expect((await run({ conversations: sample, only: ["clusters"], itemsPerCluster: 20 })).decisions).toContain(
      "make: stale",
    );
    await expect(run({ conversations: sample, only: ["clusterz" as "clusters"] })).rejects.toThrow(RangeError);
    await expect(run({ conversations: sample, only: ["summaries"], from: "clusters" })).rejects.toThrow(
      "Cannot make all from clusters on anew: only summaries was asked for, which is before it",
    );
  });

  it.each([0, 1, 2, 3])("makes a tree of %i conversations", async (count) => {
    const { result } = await run({ conversations: sample.slice(0, count) });
    const ids = (await result.clusters())
      .filter(({ parent_id }) => parent_id === null)
      .flatMap(({ chat_ids }) => chat_ids);
    expect(ids.sort()).toEqual(
      sample
        .slice(0, count)
        .map(({ chat_id }) => chat_id)
        .sort(),
    );
    expect((await run({ conversations: sample.slice(0, count) })).decisions).toEqual(ALL_FRESH);
  });

  it("stops when it is told to, and the next run goes on from the steps that were finished", async () => {
    const stop = new AbortController();
    const decided: string[] = [];
    const onEvent = (event: PipelineEvent) => {
      if (event.type === "step-end" && event.step === "embeddings") stop.abort(new Error("enough"));
      if (event.type === "decision") decided.push(event.decision.step);
    };
    await expect(
      runPipeline({ conversations: sample, checkpointManager: manager, onEvent, signal: stop.signal }),
    ).rejects.toThrow("enough");
    expect(await manager.listCheckpoints()).toEqual(["conversations", "embeddings", "summaries"]);
    expect((await run({ conversations: sample })).decisions).toEqual([...ALL_FRESH.slice(0, 3), ...ALL_MADE.slice(3)]);
  });

  it("refuses unknown options and impossible numbers", async () => {
    await expect(run({ conversations: sample, itemPerCluster: 3 } as never)).rejects.toThrow(/unknown option/);
    await expect(run({ conversations: sample, maxClusters: 0 })).rejects.toThrow(RangeError);
  });
});

describe("planPipeline() and pipelineStatus()", () => {
  it("say beforehand what a run then does", async () => {
    const options = { conversations: sample, checkpointManager: manager };
    expect((await planPipeline(options)).map(({ because }) => because)).toEqual(Array(6).fill("missing"));
    await run({ conversations: sample });
    expect((await planPipeline(options)).map(({ because }) => because)).toEqual(Array(6).fill("fresh"));
    const changed = await planPipeline({ ...options, conversations: sample.slice(1), seed: 1 });
    expect(changed.map(({ because }) => because)).toEqual(["stale", "upstream", "upstream", "stale", "stale", "stale"]);
    expect(await revisions()).toEqual(await revisions());
  });

  it("say that another project's input would be refused, and why", async () => {
    await run({ conversations: sample.slice(0, 40) });
    const options = { conversations: sample.slice(40), checkpointManager: manager };
    const planned = await planPipeline(options);
    expect(planned).toHaveLength(1);
    expect(planned[0]).toMatchObject({ action: "refuse", because: "stale" });
    expect(planned[0]!.reasons[0]).toMatch(/none of these 40 conversations is among them/);
    expect((await planPipeline({ ...options, replace: true }))[0]).toMatchObject({ action: "make" });
  });

  it("decide what is below a missing checkpoint as upstream", async () => {
    await run({ conversations: sample });
    await manager.deleteCheckpoint("summaries");
    const wanted = ["fresh", "missing", "upstream", "upstream", "upstream", "upstream"];
    const options = { conversations: sample, checkpointManager: manager };
    expect((await planPipeline(options)).map(({ because }) => because)).toEqual(wanted);
    expect((await pipelineStatus(manager)).map(({ because }) => because)).toEqual(wanted);
    const reusing = await planPipeline({ ...options, onStale: "reuse" });
    expect(reusing.map(({ action }) => action)).toEqual(["reuse", "make", "reuse", "reuse", "reuse", "reuse"]);
  });

  it("hash a file that only has the right length", async () => {
    await run({ conversations: sample });
    const file = (await storage.open("summaries.jsonl"))!;
    const bytes = Buffer.from(await file.read(0, file.byteLength));
    bytes[100]! ^= 1;
    const staged = await storage.stage("theirs.tmp", "summaries.jsonl");
    await staged.write(bytes);
    await staged.seal();
    await staged.publish();
    expect((await pipelineStatus(manager))[1]).toMatchObject({ action: "refuse", because: "damaged" });
    expect((await planPipeline({ conversations: sample, checkpointManager: manager }))[1]!.because).toBe("damaged");
  });

  it("see rows that somebody changed above", async () => {
    await run({ conversations: sample });
    expect((await pipelineStatus(manager)).map(({ because }) => because)).toEqual(Array(6).fill("fresh"));
    const summaries = (await manager.loadCheckpoint("summaries", ConversationSummary))!;
    const info = await manager.getCheckpointInfo("summaries");
    await manager.saveCheckpoint("summaries", summaries.slice(1), ConversationSummary, {
      madeFrom: info!.fingerprint,
    });
    expect((await pipelineStatus(manager, { check: true })).map(({ because }) => because)).toEqual([
      "fresh",
      "fresh",
      "stale",
      "stale",
      "stale",
      "upstream",
    ]);
  });
});
