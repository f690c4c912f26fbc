import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { CorruptCheckpointError, KuraError, NewerFormatError, StorageError } from "../../src/errors.js";
import { LocalStorage } from "../../src/storage/local.js";
import { nodeFileSystem } from "../../src/storage/node-file-system.js";
import { interceptFileSystem } from "../support/intercept-file-system.js";
import { fileError } from "../support/memory-tree.js";
import { NoteType, newDirectory, notes, rejection, type Workplace, workplace } from "./notes.js";

const POSIX = process.platform !== "win32";
const line = `${JSON.stringify(notes(1)[0])}\n`;

/** Every method that reads, and every one that writes. */
const READS = {
  load: ({ manager }: Workplace) => manager.loadCheckpoint("notes", NoteType),
  stream: ({ manager }: Workplace) => manager.streamCheckpoint("notes", NoteType).next(),
  info: ({ manager }: Workplace) => manager.getCheckpointInfo("notes"),
  revisions: ({ manager }: Workplace) => manager.listRevisions("notes"),
} as const;
const WRITES = {
  save: ({ manager }: Workplace) => manager.saveCheckpoint("notes", notes(1), NoteType),
  adopt: ({ manager }: Workplace) => manager.adoptCheckpoint("notes", NoteType),
  restore: ({ manager }: Workplace) => manager.restoreRevision("notes", "20260630T120000007Z-ab12cd34"),
} as const;

async function allRefuse(place: Workplace, acts: object, message: RegExp): Promise<void> {
  for (const [name, act] of Object.entries(acts)) {
    const error = await rejection(act(place));
    expect(error, name).toBeInstanceOf(KuraError);
    expect(error.message, name).toMatch(message);
  }
}

describe.runIf(POSIX)("where the visible name is", () => {
  it("a directory: reading and writing say so, and it is not listed", async () => {
    const place = await workplace();
    await mkdir(place.path("notes.jsonl"));
    await allRefuse(place, { ...READS, save: WRITES.save, adopt: WRITES.adopt }, /notes\.jsonl": it is a directory/);
    expect(await place.manager.listCheckpoints()).toEqual([]);
    expect(await place.manager.deleteCheckpoint("notes")).toBe(false);
  });

  it("a pipe: nobody waits for its other end", async () => {
    const place = await workplace();
    execFileSync("mkfifo", [place.path("notes.jsonl")]);
    await allRefuse(place, { ...READS, save: WRITES.save, adopt: WRITES.adopt }, /notes\.jsonl": it is not a file/);
    expect(await place.manager.listCheckpoints()).toEqual([]);
  });

  it("a symbolic link to a file: it is followed to read, and refused to write, in words; a delete takes the link", async () => {
    const place = await workplace();
    const target = join(await newDirectory(), "elsewhere.jsonl");
    await writeFile(target, line);
    await symlink(target, place.path("notes.jsonl"));
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1));
    expect(await place.manager.listCheckpoints()).toEqual(["notes"]);
    await allRefuse(
      place,
      { save: WRITES.save, adopt: WRITES.adopt },
      /notes\.jsonl": it is a symbolic link; remove it, or use the directory it leads to/,
    );
    expect(await readlink(place.path("notes.jsonl"))).toBe(target);
    expect(await place.manager.deleteCheckpoint("notes")).toBe(true);
    expect(await place.manager.loadCheckpoint("notes")).toBeUndefined();
    expect(await readFile(target, "utf8")).toBe(line);
  });

  it("a symbolic link to nothing, or to itself: that is not the same as absent", async () => {
    const place = await workplace();
    await symlink("nowhere.jsonl", place.path("notes.jsonl"));
    await allRefuse(place, READS, /notes\.jsonl": it is a symbolic link to something that does not exist/);
    await allRefuse(place, { save: WRITES.save }, /it is a symbolic link/);
    await rm(place.path("notes.jsonl"));
    await symlink("notes.jsonl", place.path("notes.jsonl"));
    await allRefuse(place, { ...READS, save: WRITES.save }, /notes\.jsonl": symbolic links lead in a circle/);
  });

  it("one file that is odd does not hide the others", async () => {
    const place = await workplace();
    await place.manager.saveCheckpoint("fine", notes(2), NoteType);
    await symlink("a.jsonl", place.path("a.jsonl"));
    await symlink("nowhere", place.path("b.jsonl"));
    await mkdir(place.path("c.jsonl"));
    execFileSync("mkfifo", [place.path("d.jsonl")]);
    for (const name of ["e f.jsonl", "ü.jsonl", "con.jsonl", "x.jsonl.jsonl", ".hidden.jsonl", "y.jsonl~"])
      await place.write(name, line);
    expect(await place.manager.listCheckpoints()).toEqual(["fine"]);
    await place.manager.saveCheckpoint("fine", notes(3), NoteType);
    expect(await place.manager.loadCheckpoint("fine", NoteType)).toEqual(notes(3));
  });
});

describe.runIf(POSIX)("where the checkpoint directory is", () => {
  it("absent: reading finds nothing and makes nothing, writing makes it with its parents", async () => {
    const directory = join(await newDirectory(), "a/b/checkpoints");
    const manager = new JSONLCheckpointManager(directory);
    expect(await manager.loadCheckpoint("notes")).toBeUndefined();
    expect(await manager.listCheckpoints()).toEqual([]);
    expect(await manager.listRevisions("notes")).toEqual([]);
    expect(await manager.deleteCheckpoint("notes")).toBe(false);
    expect(await stat(join(directory, "../..")).catch(() => "absent")).toBe("absent");
    await manager.saveCheckpoint("notes", notes(1), NoteType);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1));
  });

  it("a file: every method says so", async () => {
    const place = await workplace();
    const path = place.path("x");
    await writeFile(path, "");
    const manager = new JSONLCheckpointManager(path);
    for (const act of [
      () => manager.loadCheckpoint("notes"),
      () => manager.listCheckpoints(),
      () => manager.saveCheckpoint("notes", []),
      () => manager.deleteCheckpoint("notes"),
    ]) {
      const error = await rejection(act());
      expect(error).toBeInstanceOf(StorageError);
      expect(error.message).toMatch(/a part of the path is not a directory/);
    }
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("a symbolic link to a directory: it is that directory", async () => {
    const place = await workplace();
    const link = join(await newDirectory(), "link");
    await symlink(place.directory, link);
    await new JSONLCheckpointManager(link).saveCheckpoint("notes", notes(2), NoteType);
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(2));
    expect(place.warnings()).toEqual([]);
  });
});

describe.runIf(POSIX)("where .kura is", () => {
  it("a file: it is said, and the rows are left alone", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", line);
    await place.write(".kura", "");
    await allRefuse(place, { ...READS, ...WRITES }, /a part of the path is not a directory/);
    expect(await readFile(place.path("notes.jsonl"), "utf8")).toBe(line);
  });

  it("a symbolic link to a directory of the same file system: it is used", async () => {
    const place = await workplace();
    await mkdir(place.path("history"));
    await symlink("history", place.path(".kura"));
    for (const count of [1, 2]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    expect(await place.manager.listRevisions("notes")).toHaveLength(2);
    expect((await lstat(place.path(".kura"))).isSymbolicLink()).toBe(true);
  });

  it("a symbolic link to nothing: reading works, writing says so", async () => {
    const place = await workplace();
    await place.write("notes.jsonl", line);
    await symlink("nowhere", place.path(".kura"));
    expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1));
    await allRefuse(place, { save: WRITES.save }, /\.kura": it is a symbolic link to something that does not exist/);
    expect(await readFile(place.path("notes.jsonl"), "utf8")).toBe(line);
  });

  it("on another file system: the way out is said, and the old rows stand", async () => {
    const directory = await newDirectory();
    const away = interceptFileSystem(nodeFileSystem, async (call, run) => {
      const crosses = call.to !== undefined && call.path.includes("/.kura/") !== call.to.includes("/.kura/");
      if (crosses) throw fileError("EXDEV", call.path, call.method);
      return await run();
    });
    await writeFile(join(directory, "notes.jsonl"), line);
    const manager = new JSONLCheckpointManager(new LocalStorage(directory, { fileSystem: away }));
    const error = await rejection(manager.saveCheckpoint("notes", notes(2), NoteType));
    expect(error).toBeInstanceOf(StorageError);
    expect(error.message).toMatch(/another file system .+; \.kura must be a plain directory beside the checkpoints/);
    expect(await readFile(join(directory, "notes.jsonl"), "utf8")).toBe(line);
    expect((await readdir(join(directory, ".kura/notes.jsonl"))).filter((name) => !name.startsWith("f"))).toEqual([]);
  });

  it("full of things that are none of ours: they are no revisions", async () => {
    const place = await workplace();
    for (const count of [1, 2]) await place.manager.saveCheckpoint("notes", notes(count), NoteType);
    const wanted = await place.manager.listRevisions("notes");
    const history = ".kura/notes.jsonl";
    for (const name of [
      "x.json",
      "README",
      "99999999T999999999Z-a.json",
      "99991231T235959999Z-a.data",
      "f.data",
      ".data",
    ])
      await place.write(`${history}/${name}`, "{}");
    await mkdir(place.path(`${history}/20260630T120000007Z-aa.json`));
    execFileSync("mkfifo", [place.path(`${history}/20260630T120000007Z-bb.json`)]);
    await symlink("nowhere", place.path(`${history}/20260630T120000007Z-cc.json`));
    expect(await place.manager.listRevisions("notes")).toEqual(wanted);
    const { revision } = await place.manager.saveCheckpoint("notes", notes(3), NoteType);
    expect(revision?.parent).toBe(wanted[0]!.id);
    expect(revision!.id < "3000").toBe(true);
  });
});

describe(".kura/format", () => {
  it("of a newer version is refused by every method, and never rewritten", async () => {
    const place = await workplace();
    await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    await place.write(".kura/format", "2\n");
    const all = {
      ...READS,
      ...WRITES,
      list: () => place.manager.listCheckpoints(),
      delete: () => place.manager.deleteCheckpoint("notes"),
      deleteOfNothing: () => place.manager.deleteCheckpoint("nothing"),
    };
    for (const act of Object.values(all)) {
      const error = await rejection(act(place));
      expect(error).toBeInstanceOf(NewerFormatError);
      expect(error.message).toMatch(/\.kura": its format is 2, this version knows up to 1; install a newer kura-ts$/);
    }
    expect(await readFile(place.path(".kura/format"), "utf8")).toBe("2\n");
  });

  it.each(["", "x", "0", "-1", "1.5", "1e3", "NaN", "\0".repeat(2), "9".repeat(50), "é"])(
    "%j is said to be damaged, with the way out",
    async (content) => {
      const place = await workplace();
      await place.manager.saveCheckpoint("notes", notes(1), NoteType);
      await place.write(".kura/format", content);
      const error = await rejection(place.manager.loadCheckpoint("notes"));
      if (/^9+$/.test(content)) return expect(error).toBeInstanceOf(NewerFormatError);
      expect(error).toBeInstanceOf(CorruptCheckpointError);
      expect(error.message).toMatch(
        /\.kura\/format": it should be the number of a format and is ".*"; if no newer kura-ts/,
      );
      await rm(place.path(".kura/format"));
      expect(await place.manager.loadCheckpoint("notes", NoteType)).toEqual(notes(1));
      await place.manager.saveCheckpoint("notes", notes(2), NoteType);
      expect(await readFile(place.path(".kura/format"), "utf8")).toBe("1\n");
    },
  );
});

describe.runIf(POSIX)("file modes", () => {
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

  it.each([0o600, 0o640, 0o666, 0o444])("%i is kept by a save, a restore and an adoption", async (mode) => {
    const place = await workplace();
    const path = place.path("notes.jsonl");
    await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    await chmod(path, mode);
    await place.manager.saveCheckpoint("notes", notes(2), NoteType);
    expect(await modeOf(path)).toBe(mode.toString(8));
    const [, kept] = await place.manager.listRevisions("notes");
    await place.manager.restoreRevision("notes", kept!.id);
    expect(await modeOf(path)).toBe(mode.toString(8));
    await rm(place.path(".kura"), { recursive: true });
    await place.manager.adoptCheckpoint("notes", NoteType);
    expect(await modeOf(path)).toBe(mode.toString(8));
  });

  it("rows that only their owner may read are read by nobody else at any time, also where links are unknown", async () => {
    for (const linkable of [true, false]) {
      const directory = await newDirectory();
      const open: string[] = [];
      const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
        if (call.method === "link" && !linkable) throw fileError("ENOTSUP", call.path, "link");
        const result = await run();
        for (const name of await readdir(join(directory, ".kura/notes.jsonl")).catch(() => [])) {
          if (!/^[^.]+\.(tmp|data|data\.tmp)$/.test(name)) continue;
          const mode = await modeOf(join(directory, ".kura/notes.jsonl", name)).catch(() => "600");
          if (mode !== "600") open.push(`${name} ${mode}`);
        }
        return result;
      });
      const manager = new JSONLCheckpointManager(new LocalStorage(directory, { fileSystem }));
      await writeFile(join(directory, "notes.jsonl"), line, { mode: 0o600 });
      await manager.saveCheckpoint("notes", notes(2), NoteType);
      await manager.saveCheckpoint("notes", notes(3), NoteType);
      expect(open).toEqual([]);
      expect(await modeOf(join(directory, "notes.jsonl"))).toBe("600");
    }
  });
});

describe("where hard links are unknown", () => {
  it.each(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"])("(%s) earlier revisions are copies", async (code) => {
    const place = await workplace();
    const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
      if (call.method === "link") throw fileError(code, call.path, "link");
      return await run();
    });
    const manager = new JSONLCheckpointManager(new LocalStorage(place.directory, { fileSystem }), { keepRevisions: 2 });
    await place.write("notes.jsonl", line);
    for (const count of [2, 3, 4]) await manager.saveCheckpoint("notes", notes(count), NoteType);
    const revisions = await manager.listRevisions("notes");
    expect(revisions.map(({ rows, ours }) => [rows, ours])).toEqual([
      [4, true],
      [3, true],
      [2, true],
      [undefined, false],
    ]);
    for (const { id } of revisions.slice(1))
      expect((await stat(place.path(`.kura/notes.jsonl/${id}.data`))).nlink).toBe(1);
    await manager.restoreRevision("notes", revisions[2]!.id);
    expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(2));
    expect((await place.history()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

const ROOT = process.getuid?.() === 0;
describe.runIf(POSIX && !ROOT)("without permission (not as root, who has it)", () => {
  it("reading what may not be read says so, and nothing is taken for absent", async () => {
    const place = await workplace();
    await place.manager.saveCheckpoint("notes", notes(1), NoteType);
    await chmod(place.path("notes.jsonl"), 0o000);
    const error = await rejection(place.manager.loadCheckpoint("notes"));
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "EACCES", message: expect.stringMatching(/permission is denied/) });
    await chmod(place.path("notes.jsonl"), 0o600);
  });
});

it("what the system refuses while reading is told by its name, and nothing is taken for absent or damaged", async () => {
  const place = await workplace();
  await place.manager.saveCheckpoint("notes", notes(1), NoteType);
  for (const [code, words] of [
    ["EACCES", /permission is denied; change the permissions/],
    ["EIO", /input\/output error/],
    ["EMFILE", /too many files are open in this process/],
    ["ESTALE", /the system says ESTALE/],
  ] as const) {
    const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
      if (call.method === "open" && call.path.endsWith("notes.jsonl")) throw fileError(code, call.path, "open");
      return await run();
    });
    const manager = new JSONLCheckpointManager(new LocalStorage(place.directory, { fileSystem }));
    for (const act of [
      () => manager.loadCheckpoint("notes"),
      () => manager.listRevisions("notes"),
      () => manager.adoptCheckpoint("notes"),
    ]) {
      const error = await rejection(act());
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    }
  }
});

it("what the system does not give when it is verified is unchecked, not damaged", async () => {
  const place = await workplace();
  await place.manager.saveCheckpoint("notes", notes(1), NoteType);
  const fileSystem = interceptFileSystem(nodeFileSystem, async (call, run) => {
    if (call.method === "file.read" && call.path.endsWith("notes.jsonl")) throw fileError("EIO", call.path, "read");
    return await run();
  });
  const manager = new JSONLCheckpointManager(new LocalStorage(place.directory, { fileSystem }));
  const { value } = await manager.verifyCheckpoint("notes").next();
  expect(value).toMatchObject({ part: "current", state: "unchecked", problem: expect.stringMatching(/output error/) });
});
