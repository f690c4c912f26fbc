import { expectTypeOf, it } from "vitest";
import { z } from "zod";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { resumableMap } from "../../src/pipeline/resumable-map.js";
import { MemoryStorage } from "../../src/storage/memory.js";

const Label = z.object({
  id: z.string(),
  label: z.enum(["bug", "question"]),
  why: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("said") }),
    z.object({ kind: z.literal("guessed"), certainty: z.number() }),
  ]),
  note: z.string().optional(),
});

const options = () => ({
  name: "labels",
  inputs: ["a"],
  key: (id: string) => id,
  checkpointManager: new JSONLCheckpointManager(new MemoryStorage()),
});

it("what fn returns is read by the row type: literals stay what they are", async () => {
  const { rows } = await resumableMap({
    ...options(),
    type: Label,
    fn: async (id) => ({ id, label: id === "b" ? "bug" : "question", why: { kind: "guessed", certainty: 1 } }),
  });
  for await (const row of rows()) {
    expectTypeOf(row.label).toEqualTypeOf<"bug" | "question">();
    expectTypeOf(row.note).toEqualTypeOf<string | null>();
  }
  await resumableMap({
    ...options(),
    type: Label,
    // @ts-expect-error "chat" is no label.
    fn: async (id) => ({ id, label: "chat", why: { kind: "said" } }),
  }).catch(() => {});
});

it("without a row type rows are what fn returns, and what was absent may be null", async () => {
  const { rows } = await resumableMap({
    ...options(),
    fn: async (id): Promise<{ id: string; words: number; note?: string }> => ({ id, words: 3 }),
  });
  for await (const row of rows())
    expectTypeOf(row).toEqualTypeOf<{ id: string; words: number; note?: string | null }>();
});
