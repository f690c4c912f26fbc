import { describe, expect, it } from "vitest";
import { type CardEntry, datasetCard } from "../../src/checkpoints/hub/dataset-card.js";
import { datasetConfigs } from "../../src/checkpoints/hub/dataset-configs.js";
import type { Manifest } from "../../src/checkpoints/manifest.js";

const manifest = (rows: number, missing: string[] = []): Manifest => ({
  revision: { id: "20261125T020000000Z-aaaa", parent: null, savedAt: "2026-11-25T02:00:00.000Z", rowHash: "x" },
  format: "parquet",
  bytes: 1,
  rows,
  identity: "",
  rowType: {
    name: "notes",
    columns: [
      { name: "id", type: "text" },
      { name: "tags", type: "list", items: { type: "text", nullable: true }, nullable: true },
    ],
  },
  fingerprint: { model: "m|1", prompt: { text: "long" }, seed: 42 },
  missing,
  pieces: [],
});
const entry = (name: string, rows = 3): CardEntry => ({
  name,
  path: `${name}.parquet`,
  manifest: manifest(rows),
  isSaved: true,
});
const card = (text: string | undefined, ...entries: CardEntry[]) =>
  datasetCard(text, { id: "me/chats", entries, wasOurs: (path) => /^[^/]+\.parquet$/.test(path) });

describe("the card of a dataset", () => {
  it("makes each checkpoint a config, and tells what it is", async () => {
    expect(
      await card(undefined, entry("notes"), { ...entry("summaries"), manifest: manifest(5, ["a", "b"]) }),
    ).toMatchInlineSnapshot(`
      "---
      configs:
      - config_name: notes
        data_files:
        - split: train
          path: notes.parquet
      - config_name: summaries
        data_files:
        - split: train
          path: summaries.parquet
      ---

      # chats

      <!-- kura: checkpoints -->

      ## Checkpoints

      | config | rows | saved (UTC) | made from | columns |
      | --- | --- | --- | --- | --- |
      | \`notes\` | 3 | 2026-11-25 02:00 | model m 1, seed 42 | \`id\` text, \`tags\` list of text? |
      | \`summaries\` | 5 (2 missing) | 2026-11-25 02:00 | model m 1, seed 42 | \`id\` text, \`tags\` list of text? |

      \`\`\`python
      datasets.load_dataset("me/chats", name="summaries", split="train")
      \`\`\`

      <!-- /kura -->
      "
    `);
  });

  it("stays as it is when nothing changed", async () => {
    const first = await card(undefined, entry("notes"));
    expect(await card(first, entry("notes"))).toBe(first);
  });

  it("keeps what the user wrote: other keys in their order, comments, other configs, the text around", async () => {
    const theirs = [
      "---",
      "# mine",
      "license: mit   # for now",
      "language: [de, en]",
      "configs:",
      "- config_name: theirs",
      "  data_files: theirs/*.csv",
      "- config_name: notes",
      "  default: true",
      "  data_files: old/*.jsonl",
      "pretty_name: 'Chats: all'",
      "---",
      "",
      "# Our chats",
      "",
      "Read this first.",
      "",
    ].join("\n");
    const once = await card(theirs, entry("notes"));
    for (const line of [
      "# mine",
      "license: mit # for now",
      "pretty_name: 'Chats: all'",
      "  data_files: theirs/*.csv",
      "  default: true",
      "Read this first.",
    ])
      expect(once).toContain(line);
    expect(once).not.toContain("old/*.jsonl");
    expect(once.indexOf("license")).toBeLessThan(once.indexOf("language"));
    const edited = once.replace("Read this first.", "Read this second.").concat("\nAnd this last.\n");
    const twice = await card(edited, entry("notes", 4), entry("other"));
    expect(twice).toContain("Read this second.");
    expect(twice).toContain("\nAnd this last.\n");
    expect(twice).toContain("| `notes` | 4 |");
    expect(twice.match(/## Checkpoints/g)).toHaveLength(1);
    expect(twice).toContain("path: other.parquet");
  });

  it("removes the config of a checkpoint that is gone, and no other", async () => {
    const both = await card(
      "---\nconfigs:\n- config_name: theirs\n  data_files: x.csv\n---\n",
      entry("notes"),
      entry("other"),
    );
    const one = await card(both, entry("other"));
    expect(one).not.toContain("config_name: notes");
    expect(one).toContain("config_name: other");
    expect(one).toContain("config_name: theirs");
    const none = await card(await card(undefined, entry("notes")));
    expect(none).not.toContain("configs");
  });

  it("removes what was said of the columns of other files under that name", async () => {
    const said = [
      "---",
      "dataset_info:",
      "- config_name: notes",
      "  features: [{name: a, dtype: int64}]",
      "- config_name: theirs",
      "  features: [{name: b, dtype: int64}]",
      "---",
    ].join("\n");
    const now = await card(said, entry("notes"));
    expect(now).not.toContain("name: a");
    expect(now).toContain("name: b");
    expect(await card("---\ndataset_info:\n  features: []\n---\n", entry("default"))).not.toContain("dataset_info");
  });

  it.each(["---\n---\n", "", "no yaml at all", "---\r\nlicense: mit\r\n---\r\ntext"])(
    "begins where there is %j",
    async (text) => {
      const now = await card(text, entry("notes"));
      expect(now).toContain("config_name: notes");
      expect(await card(now, entry("notes"))).toBe(now);
      if (text.includes("mit")) expect(now).toContain("license: mit");
      if (text.startsWith("no")) expect(now).toContain("no yaml at all");
    },
  );

  it.each(
    [
      "x.csv",
      ["x.csv"],
      [{ split: "test", path: "x.csv" }],
      [{ split: "test", path: ["y.csv", "x.csv"] }],
      { test: "x.csv" },
      { test: ["x.csv"] },
      // What no program reads as the name of a file.
      [["x.csv"]],
      { test: { path: "x.csv" } },
      [{ split: "test", path: 7 }],
      7,
      null,
      [null, 7, true],
    ].map((dataFiles) => ({ dataFiles })),
  )("leaves a config to files that $dataFiles names, as who reads it sees them", async ({ dataFiles }) => {
    const before = `---\nconfigs: ${JSON.stringify([{ config_name: "notes", data_files: dataFiles }])}\n---\n`;
    const refuse = (reason: string) => new Error(reason);
    const filesOf = async (text: string) =>
      [...(await datasetConfigs(["x.csv", "notes.parquet"], text, refuse)).get("notes")!.splits().values()].flat();
    const now = await card(before, { ...entry("notes"), isSaved: false });
    const theirs = await filesOf(before);
    expect(await filesOf(now)).toEqual(theirs.length > 0 ? ["x.csv"] : ["notes.parquet"]);
  });

  it.each(["---\na: [1\n---\n", "---\n- 1\n---\n", "---\nconfigs: none\n---\n"])(
    "refuses %j, and says what to correct",
    async (text) => {
      await expect(card(text, entry("notes"))).rejects.toThrow(
        /the YAML at the head of its README\.md .*; correct it there/,
      );
    },
  );
});
