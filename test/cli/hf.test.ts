import { cpSync, existsSync, readdirSync, writeFileSync } from "node:fs";
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

it("of a DatasetDict the split that is shown is said, and the others", async () => {
  const { home, out } = await filled("--format", "hf");
  const dict = join(home, "dict");
  for (const split of ["train", "test"]) cpSync(join(out, "summaries"), join(dict, split), { recursive: true });
  writeFileSync(join(dict, "dataset_dict.json"), '{"splits": ["train", "test"]}');
  const { code, stderr } = await typed(["show", dict]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^warning: of ".*dict" the split "train" is read, and not test;/);
  expect((await typed(["show", join(dict, "test")])).stderr).toBe("12 rows\n");
});

it("status says of another program's table what a run says: that it stops there", async () => {
  const { home, out } = await filled("--format", "hf");
  const other = join(home, "other");
  cpSync(join(out, "embeddings"), join(other, "summaries"), { recursive: true });
  const reason = 'field "summary" is stored as nothing and wanted as text';
  const { stdout } = await run("status", other);
  expect(stdout).toMatch(new RegExp(`^summaries +unknown +stops here .*${reason}`, "m"));
  const opened = await typed(["run", join(out, "conversations"), "--out", `hf:${other}`]);
  expect(opened).toMatchObject({ code: 1, stderr: expect.stringContaining(reason) });
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
