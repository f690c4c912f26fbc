import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { filled } from "./directories.js";
import { typed } from "./typed.js";

const run = async (...argv: string[]) => {
  const { code, stdout, stderr } = await typed(argv);
  expect(stderr.replace(/^warning.*\n/gm, ""), argv.join(" ")).not.toMatch(/^kura:/m);
  return { code, stdout };
};

it("every command takes checkpoints that are HuggingFace datasets, by name and by path", async () => {
  const { home, out, run: again } = await filled("--format", "hf");
  const names = ["clusters", "conversations", "dimensionality", "embeddings", "meta_clusters", "summaries"];
  expect(readdirSync(out).filter((name) => name !== ".kura")).toEqual(names);
  expect((await run("ls", out)).stdout.match(/hf-dataset/g)).toHaveLength(names.length);
  expect((await run("status", out)).stdout.match(/ fresh /g)).toHaveLength(names.length);
  const rows = (await run("show", "summaries", "--out", out, "--json")).stdout;
  expect(rows.trimEnd().split("\n")).toHaveLength(12);
  for (const path of [join(out, "summaries"), `${join(out, "summaries")}/`])
    expect((await run("show", path, "--json")).stdout).toBe(rows);

  // A second run, which goes on in the format that is there.
  expect((await again("--seed", "7")).stdout).toContain("Clusters");
  expect((await run("info", join(out, "clusters"))).stdout).toMatch(/clusters\/data-.*\.arrow, clusters\/state\.json/);
  expect((await run("restore", join(out, "clusters"))).stdout).toContain("clusters is again as of revision");
  expect((await run("verify", out, "--deep")).stdout).toContain("Nothing is damaged");
  expect((await run("gc", out, "--keep-revisions", "0")).stdout).toContain("earlier revision");
  for (const name of names)
    expect(readdirSync(join(out, name)).filter((file) => file.endsWith(".arrow"))).toHaveLength(1);

  // Somebody else's, at any path.
  const other = join(home, "elsewhere");
  cpSync(join(out, "summaries"), other, { recursive: true });
  expect((await run("show", other, "--json")).stdout).toBe(rows);
  expect((await run("adopt", other)).stdout).toContain("elsewhere is adopted: 12 rows");
  expect((await run("verify", other)).stdout).toContain("Nothing is damaged");

  const parquet = join(home, "parquet");
  await run("convert", out, "--to", "parquet", "--out", parquet, "--quiet");
  const back = join(home, "back");
  await run("convert", parquet, "--to", "hf", "--out", back, "--quiet");
  expect((await run("show", "summaries", "--out", back, "--json")).stdout).toBe(rows);
  await run("convert", join(back, "summaries"), "--to", "jsonl", "--out", home, "--quiet");
  expect(existsSync(join(home, "summaries.jsonl"))).toBe(true);
});

it("a path that leads to no checkpoint is said to be none", async () => {
  const { home, out } = await filled("--format", "hf");
  expect(await typed(["show", `${home}/nowhere/`])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("there is no file"),
  });
  expect(await typed(["show", `${out}/.kura/`])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/cannot be shown.*the directory of a HuggingFace dataset/),
  });
});
