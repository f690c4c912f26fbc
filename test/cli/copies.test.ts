import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HFDatasetCheckpointManager } from "../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { deferred } from "../../src/checkpoints/multi/deferred.js";
import { MultiCheckpointManager } from "../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { Interruption } from "../../src/cli/effects.js";
import { conversation } from "./directories.js";
import { type Typed, type TypedOptions, temporaryDirectory, typed } from "./typed.js";

const INPUT = Array.from({ length: 9 }, (_, index) => `${JSON.stringify(conversation(index))}\n`).join("");

/** What a run leaves in two copies, made once. */
const template = mkdtempSync(join(tmpdir(), "kura-copies-"));
beforeAll(async () => {
  writeFileSync(join(template, "input.jsonl"), INPUT);
  const argv = ["run", join(template, "input.jsonl"), "--quiet"];
  expect((await typed([...argv, "--out", join(template, "a"), "--out", `parquet:${template}/b`])).code).toBe(0);
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

/** Two copies that a config names. */
function twoCopies() {
  const home = temporaryDirectory();
  cpSync(template, home, { recursive: true, preserveTimestamps: true });
  const [a, b] = [join(home, "a"), join(home, "b")];
  const config = join(home, "kura.config.json");
  writeFileSync(config, JSON.stringify({ checkpoints: { copies: [a, `parquet:${b}`], minimumCopies: 1 } }));
  const kuraWith =
    (options: TypedOptions) =>
    (...argv: string[]) =>
      typed([...argv, "--config", config], options);
  const kura = kuraWith({});
  const damage = () => {
    const path = join(a, "summaries.jsonl");
    const bytes = readFileSync(path);
    bytes[200]! ^= 1;
    writeFileSync(path, bytes);
  };
  const managers = [new JSONLCheckpointManager(a), new ParquetCheckpointManager(b)] as const;
  return { home, a, b, kura, kuraWith, damage, managers };
}

describe("commands on several copies", () => {
  it("ls and verify go through each, and name it", async () => {
    const { a, b, kura } = twoCopies();
    const listed = await kura("ls");
    expect(listed.code).toBe(0);
    expect(listed.stdout.match(/^summaries .*$/gm)).toEqual([
      expect.stringContaining(` ${a} `),
      expect.stringContaining(` ${b} `),
    ]);
    const found = await kura("verify", "--json");
    const lines = found.stdout.trimEnd().split("\n");
    const copies = lines.map((line) => JSON.parse(line)).filter(({ name }) => name === "summaries");
    expect(copies).toMatchObject([
      { copy: a, state: "whole" },
      { copy: b, state: "whole" },
    ]);
  });

  it("verify finds damage in any of them and says how it is made good; a directory that is gone is one of them", async () => {
    const { a, b, kura, damage } = twoCopies();
    damage();
    const found = await kura("verify");
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/summaries\.jsonl is damaged/);
    expect(found.stdout).not.toMatch(/adopt|make it again/);
    expect(found.stdout).toContain(`${b}/summaries.parquet is whole: kura sync --check`);
    expect(found.stdout).toMatch(/\n1 of \d+ is damaged: every byte was hashed\./);
    expect((await kura("sync", "--check")).code).toBe(0);
    expect((await kura("verify")).code).toBe(0);
    rmSync(a, { recursive: true });
    const gone = await kura("verify");
    expect(gone.code).toBe(0);
    expect(gone.stdout).toContain(`there is no directory "${a}": kura sync makes it`);
  });

  it("none of which is there are an error, as a single directory is", async () => {
    const { a, b, kura } = twoCopies();
    rmSync(a, { recursive: true });
    expect(await kura("ls")).toMatchObject({ code: 0, stderr: `there is no directory "${a}"\n` });
    rmSync(b, { recursive: true });
    for (const command of ["ls", "verify", "status", "gc"]) {
      const { code, stdout, stderr } = await kura(command);
      expect({ command, code, stdout }).toEqual({ command, code: 2, stdout: "" });
      expect(stderr).toMatch(`kura: there is no directory "${a}", "${b}"\n`);
    }
  });

  it("verify names what one of them has not, and says how it is had back", async () => {
    const { a, b, kura } = twoCopies();
    rmSync(join(b, "embeddings.parquet"));
    const { code, stdout } = await kura("verify");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${b} +embeddings +parquet .*missing$`, "m"));
    expect(stdout).toContain(
      `embeddings of "${b}" is missing: ${a}/embeddings.jsonl is whole: kura sync brings this copy up`,
    );
    expect((await kura("sync")).code).toBe(0);
    expect((await kura("verify")).stdout).not.toContain("missing");
  });

  it("that are one place are wrong usage, whatever the command", async () => {
    const { a, home } = twoCopies();
    const config = join(home, "twice.json");
    writeFileSync(config, JSON.stringify({ checkpoints: [a, `jsonl:${a}`] }));
    for (const command of ["status", "sync"]) {
      const { code, stderr } = await typed([command, "--config", config]);
      expect({ command, code }).toEqual({ command, code: 2 });
      expect(stderr).toMatch(/is there twice, and one place is one copy/);
    }
  });

  it("status says of a copy that does not answer why, once, and so does a command that takes the rows of another", async () => {
    const { a, b, kura } = twoCopies();
    rmSync(b, { recursive: true });
    writeFileSync(b, "where no directory can be");
    const status = await kura("status");
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(
      new RegExp(
        `^${b} \\(parquet\\), clusters, conversations, .*, summaries: Cannot read .* is not a directory$`,
        "m",
      ),
    );
    expect(status.stdout.match(/Cannot read/g)).toHaveLength(1);
    expect(status.stderr.match(/Cannot read/g)).toHaveLength(1);
    expect(status.stderr).toContain(`"${a} (jsonl)" has it`);
  });

  it("status says how each copy is", async () => {
    const { a, b, kura, damage, managers } = twoCopies();
    const well = await kura("status");
    expect(well.code).toBe(0);
    expect(well.stdout.match(/ fresh /g)).toHaveLength(6);
    expect(well.stdout).toContain(`${a} (jsonl)`);
    expect(well.stdout.match(/^summaries +good +good$/m)).toBeTruthy();
    rmSync(join(b, "clusters.parquet"));
    await managers[1].saveCheckpoint("embeddings", [{ chat_id: "c0", embedding: new Float32Array([1]) }]);
    damage();
    const { code, stdout } = await kura("status", "--check");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^clusters +good +absent$/m);
    expect(stdout).toMatch(/^embeddings +behind +good$/m);
    expect(stdout).toMatch(/^summaries +damaged +good$/m);
    expect(stdout).toContain("kura sync brings up those that are not good");
  });

  it("show, info and tree take what is newest, in whichever copy that is", async () => {
    const { a, kura, managers } = twoCopies();
    await managers[1].saveCheckpoint("notes", [{ text: "only in the second" }]);
    expect((await kura("show", "notes", "--json")).stdout).toBe('{"text":"only in the second"}\n');
    const info = await kura("info", "notes");
    expect(info.stdout).toMatch(new RegExp(`copies\\n  ${a} \\(jsonl\\) +absent\\n.* \\(parquet\\) +good`));
    rmSync(a, { recursive: true });
    expect((await kura("tree")).code).toBe(0);
    expect(existsSync(a)).toBe(false);
    const none = await kura("show", "note");
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean notes?") });
  });

  it("restore and adopt change all of them", async () => {
    const { a, kura, managers } = twoCopies();
    const both = new MultiCheckpointManager(managers);
    for (const text of ["first", "second"]) await both.saveCheckpoint("notes", [{ text }]);
    expect((await kura("restore", "notes")).stdout).toMatch(/undo: kura restore notes --revision \S+ --config /);
    const texts = async () => await Promise.all(managers.map((manager) => manager.loadCheckpoint("notes")));
    expect(await texts()).toEqual([[{ text: "first" }], [{ text: "first" }]]);
    writeFileSync(join(a, "notes.jsonl"), '{"text": "by hand, and longer than what stood there before"}\n');
    expect((await kura("adopt", "notes")).code).toBe(0);
    const adopted = [{ text: "by hand, and longer than what stood there before" }];
    expect(await texts()).toEqual([adopted, adopted]);
  });

  it("sync says what a diverged copy had, and the way back to it works", async () => {
    const { a, kura, managers } = twoCopies();
    await managers[0].saveCheckpoint("notes", [{ n: 1 }, { n: 2 }]);
    await managers[1].saveCheckpoint("notes", [{ n: 3 }]);
    const synced = await kura("sync", "--only", "notes");
    expect(synced.code).toBe(0);
    expect(synced.stdout).toContain(`notes: ${a} (jsonl) had 2 rows of its own, the newest is 1 row; kept there`);
    const [, ...restore] = synced.stdout.match(/kura restore .*/)![0].split(" ");
    expect((await typed(restore)).code).toBe(0);
    expect(await managers[0].loadCheckpoint("notes")).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("sync that is stopped while it waits says whom it waited for, and that it was stopped", async () => {
    const { b, kuraWith, managers } = twoCopies();
    await managers[0].saveCheckpoint("notes", [{ n: 1 }]);
    const [begun, end] = [deferred<void>(), deferred<void>()];
    const writing = managers[1].saveCheckpoint(
      "notes",
      (async function* () {
        begun.resolve();
        await end.promise;
        yield { n: 2 };
      })(),
    );
    await begun.promise;
    const stop = new AbortController();
    const waited = kuraWith({ signal: stop.signal, onStderr: () => stop.abort(new Interruption("SIGINT")) })("sync");
    const { code, stderr } = await waited;
    end.resolve();
    await writing;
    expect(stderr).toContain(`Waiting to write "${b}/notes.parquet"`);
    expect(stderr).toContain("Stopped. Copies that were brought up are whole");
    expect(code).toBe(130);
  });

  it("gc drops in each", async () => {
    const { kura, managers } = twoCopies();
    for (const manager of managers) for (const n of [1, 2]) await manager.saveCheckpoint("notes", [{ n }]);
    const { code, stdout } = await kura("gc", "--keep-revisions", "0", "--json");
    expect(code).toBe(0);
    const dropped = stdout.trimEnd().split("\n");
    expect(dropped.filter((line) => line.includes('"part":"notes"'))).toHaveLength(2);
    for (const manager of managers) expect(await manager.listRevisions("notes")).toHaveLength(1);
  });

  it("convert makes each anew in its own directory, as the same revision; with --out the newest goes there", async () => {
    const { home, a, b, kura, managers } = twoCopies();
    const converted = await kura("convert", "--to", "hf", "--only", "summaries");
    expect(converted).toMatchObject({ code: 0, stderr: expect.not.stringContaining("kura:") });
    for (const dir of [a, b]) expect(existsSync(join(dir, "summaries/state.json"))).toBe(true);
    const infos = [a, b].map((dir) => new HFDatasetCheckpointManager(dir).getCheckpointInfo("summaries"));
    const [first, second] = await Promise.all(infos);
    expect(first!.revision).toEqual(second!.revision);
    const compared = await typed(["compare", `hf:${a}`, "--with", `hf:${b}`]);
    expect(compared.code).toBe(0);
    await managers[1].saveCheckpoint("notes", [{ text: "only in the second" }]);
    const out = join(home, "out");
    expect((await kura("convert", "--to", "jsonl", "--only", "notes", "--out", out)).code).toBe(0);
    expect(await new JSONLCheckpointManager(out).loadCheckpoint("notes")).toEqual([{ text: "only in the second" }]);
  });

  it("compare shows the sizes of each", async () => {
    const { a, b, kura } = twoCopies();
    const { code, stdout } = await kura("compare");
    expect(code).toBe(0);
    expect(stdout).toContain(`jsonl of ${a}`);
    expect(stdout).toContain(`parquet of ${b}`);
    expect(await typed(["compare", a, b])).toMatchObject({ code: 2, stderr: expect.stringContaining(`--with ${b}`) });
  });

  it("one that does not answer stops none of the others", async () => {
    const { a, kura } = twoCopies();
    rmSync(a, { recursive: true });
    writeFileSync(a, "a file where a directory is to be");
    const ls = await kura("ls");
    expect(ls).toMatchObject({ code: 1, stdout: expect.stringContaining("summaries") });
    expect(ls.stderr).toContain(a);
    const verify = await kura("verify");
    expect(verify).toMatchObject({ code: 1, stdout: expect.stringMatching(/ whole\n/) });
    expect(verify.stdout).toContain(`"${a}" does not answer`);
    const status = await kura("status");
    expect(status).toMatchObject({ code: 1, stdout: expect.stringMatching(/^summaries +failed +good$/m) });
    expect(await kura("show", "summaries")).toMatchObject({ code: 0, stdout: expect.stringContaining("chat_id") });
  });
});

describe("kura run in several copies", () => {
  it.each(["priority", "first_found"])(
    "has a first copy back that was lost, and leaves those alone that are not saved to (%s)",
    async (loadStrategy) => {
      const { home, a, b } = twoCopies();
      const config = join(home, "primary.json");
      const checkpoints = { copies: [a, `parquet:${b}`], saveStrategy: "primary_only", loadStrategy };
      writeFileSync(config, JSON.stringify({ checkpoints }));
      const run = (...argv: string[]) => typed(["run", join(home, "input.jsonl"), "--config", config, ...argv]);
      rmSync(a, { recursive: true });
      rmSync(join(b, "dimensionality.parquet"));
      const again = await run();
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining(`${a} (jsonl) was brought up: 5`) });
      expect(again.stdout + again.stderr).toMatch(/^ *summaries +reused/m);
      expect(existsSync(join(a, "summaries.jsonl"))).toBe(true);
      expect(existsSync(join(b, "dimensionality.parquet"))).toBe(false);
      const status = await typed(["status", "--config", config]);
      expect(status.stdout).toContain("kura run does so with the first");
    },
  );

  it("begins without one that was never reached only where it is said that fewer are enough", async () => {
    const home = temporaryDirectory();
    const input = join(home, "input.jsonl");
    writeFileSync(input, INPUT);
    const [a, b] = [join(home, "a"), join(home, "b")];
    writeFileSync(b, "where no directory can be");
    const argv = ["run", input, "--quiet", "--seed", "1", "--out", a, "--out", b];
    const all = await typed(argv);
    expect(all).toMatchObject({ code: 1, stderr: expect.stringContaining("whether it has any is not known") });
    expect(all.stderr).toContain("--minimum-copies");
    const warnings = ({ stderr }: Typed) => stderr.split("\n").filter((line) => line.startsWith("warning: "));
    const dry = await typed([...argv, "--minimum-copies", "1", "--dry-run"]);
    expect(warnings(dry)).toHaveLength(1);
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining("as 1 copy is enough") });
    const one = await typed([...argv, "--minimum-copies", "1"]);
    expect(one).toMatchObject({ code: 3, stderr: expect.stringContaining("as 1 copy is enough") });
    expect(one.stderr).toContain(`${b} (jsonl) does not have all that was made`);
    expect(warnings(one)).toHaveLength(1);
    rmSync(b);
    expect((await typed(argv)).code).toBe(0);
    expect((await typed(["compare", a, "--with", b])).code).toBe(0);
  });

  it("a run says once of a copy that it got lost on the way", async () => {
    const { a, b, home } = twoCopies();
    const onStderr = (text: string) => {
      if (!text.startsWith("clusters: ") || !existsSync(join(b, "clusters.parquet"))) return;
      rmSync(b, { recursive: true });
      writeFileSync(b, "where no directory can be");
    };
    const argv = ["run", join(home, "input.jsonl"), "--out", a, "--out", `parquet:${b}`, "--minimum-copies", "1"];
    const { code, stderr } = await typed([...argv, "--from", "clusters"], { onStderr });
    const warnings = stderr.split("\n").filter((line) => line.startsWith("warning: "));
    expect(warnings).toEqual([
      expect.stringMatching(/^warning: Copy ".*b \(parquet\)" of checkpoint ".*": Cannot read/),
    ]);
    expect(code).toBe(3);
  });

  it("--minimum-copies goes on without one that cannot be written, says so, and ends as incomplete", async () => {
    const home = temporaryDirectory();
    const input = join(home, "input.jsonl");
    writeFileSync(input, INPUT);
    const [a, b] = [join(home, "a"), join(home, "b")];
    const argv = ["run", input, "--quiet", "--seed", "1", "--out", a, "--out", b];
    expect((await typed(argv)).code).toBe(0);
    rmSync(b, { recursive: true });
    writeFileSync(b, "where no directory can be");
    const changed = [...argv, "--from", "clusters"];
    expect(await typed(changed)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("in 2 copies (minimumCopies)"),
    });
    const one = await typed([...changed, "--minimum-copies", "1"]);
    expect(one.code).toBe(3);
    expect(one.stderr).toContain(`${b} (jsonl) does not have all that was made`);
    // What is wrong with it is said once, of all checkpoints.
    const warnings = one.stderr.split("\n").filter((line) => line.startsWith("warning: "));
    expect(warnings).toEqual([expect.stringMatching(/is not up to date with clusters, .*, summaries: Cannot/)]);
    rmSync(b);
    expect((await typed(argv)).code).toBe(0);
    expect((await typed(["compare", a, "--with", b])).code).toBe(0);
    const three = await typed([...argv, "--minimum-copies", "3"]);
    expect(three).toMatchObject({ code: 2, stderr: expect.stringContaining("minimumCopies is 3, and there are 2") });
  });
});
