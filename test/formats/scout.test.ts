import type { ChildProcess } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parquetFormat } from "../../src/formats/parquet.js";
import { rowType } from "../../src/rows/row-type.js";
import { memorySink, memorySource } from "../support/memory-source.js";
import { open, write } from "./hf-support.js";
import { Note as NoteType, notes } from "./parquet-support.js";

const children = vi.hoisted((): ChildProcess[] => []);
/** How many bytes they were sent at once. */
const spied = vi.hoisted((): number[] => []);
/** In the place of the file that they run. */
const missing = vi.hoisted((): { file?: URL | undefined } => ({}));
vi.mock("node:child_process", async (original) => {
  const real = await original<typeof import("node:child_process")>();
  const fork = (...[file, ...args]: Parameters<typeof real.fork>) => {
    const child = real.fork(missing.file ?? file, ...args);
    children.push(child);
    const send = child.send.bind(child) as (message: { bytes?: Uint8Array }, done: () => void) => boolean;
    child.send = ((message: { bytes?: Uint8Array }, done: () => void) => {
      if (message.bytes) spied.push(message.bytes.length);
      return send(message, done);
    }) as typeof child.send;
    return child;
  };
  return { ...real, fork };
});
afterEach(() => {
  vi.useRealTimers();
  missing.file = undefined;
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const Note = rowType({ name: "notes", columns: [{ name: "n", type: "int32" }] });

/** A file that nobody vouches for, read until something is done to the process that reads it first. */
async function readUntil(act: (child: ChildProcess) => void): Promise<unknown> {
  const sink = memorySink();
  const writer = parquetFormat({ rowGroupRows: 10 }).write(Note, sink, "notes");
  await writer.write(Array.from({ length: 200 }, (_, n) => ({ n })));
  await writer.finish();
  const options = { type: Note, path: "notes.parquet", pieces: undefined, trusted: false };
  const reader = await parquetFormat().read(memorySource(sink.bytes()), options);
  let isActed = false;
  try {
    for await (const _ of reader.batches({})) {
      if (isActed) continue;
      isActed = true;
      act(children.at(-1)!);
    }
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("the process that reads what nobody vouches for", () => {
  it("is sent what is large in parts, so that nothing waits for long", async () => {
    const large = notes(6).map((row, n) => ({ ...row, text: String(n).repeat(1 << 20) }));
    const { directory } = await write(NoteType, large);
    const { reader } = await open({ head: directory.head, files: directory.files });
    const found: unknown[] = [];
    for await (const batch of reader.batches({})) found.push(...batch);
    expect(found).toEqual(large);
    expect(Math.max(...spied)).toBe(4 << 20);
  });

  it("reads to the end", async () => {
    expect(await readUntil(() => {})).toBeUndefined();
    expect(children).toHaveLength(1);
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("ended by %s from outside, calls no file damaged", async (signal) => {
    const error = await readUntil((child) => child.kill(signal));
    expect(error).toMatchObject({
      name: "StorageError",
      message: expect.stringMatching(
        new RegExp(`^Cannot check "notes.parquet": .*ended from outside \\(${signal}\\); try again`),
      ),
    });
  });

  it("not heard of in time, calls no file damaged", async () => {
    const error = await readUntil((child) => {
      child.kill("SIGSTOP");
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
      const pass = () => {
        if (!vi.isFakeTimers()) return;
        vi.advanceTimersByTime(1_000);
        setImmediate(pass);
      };
      setImmediate(pass);
    });
    expect(error).toMatchObject({
      name: "StorageError",
      message: expect.stringContaining("takes more than 10000 ms; try again when the machine has less to do"),
    });
  });

  it("not started, as in a program that was bundled without it, calls no file damaged", async () => {
    missing.file = new URL("./no-such-file.js", import.meta.url);
    expect(await readUntil(() => {})).toMatchObject({
      name: "StorageError",
      message: expect.stringMatching(/^Cannot start "scout-child.js": .*leave kura-ts outside of the bundle/),
    });
  });

  it("ended by what it decodes, calls the file damaged", async () => {
    expect(await readUntil((child) => child.kill("SIGABRT"))).toMatchObject({ name: "CorruptCheckpointError" });
  });
});
