import { expect, it } from "vitest";
import { CorruptCheckpointError } from "../../src/errors.js";
import { NoteType, notes, rejection, workplace } from "./notes.js";

const good = notes(3)
  .map((row) => `${JSON.stringify(row)}\n`)
  .join("");

it.each<[string, string | Uint8Array, object]>([
  ["a torn last line", `${good}{"id":3,"te`, { line: 4, row: 3, field: undefined }],
  ["what is not JSON", `${good}id: 3\n${good}`, { line: 4, row: 3 }],
  ["NaN, as Python writes it", `${good}{"id":3,"text":"x","meta":{"a":NaN}}\n`, { line: 4, reason: "NaN is not JSON" }],
  ["a wrong field", `${good}{"id":3,"text":["x"]}\n`, { line: 4, row: 3, field: "text" }],
  ["a missing field", `${good}{"id":3}\n`, { line: 4, row: 3, field: "text" }],
  ["a byte order mark", `\ufeff${good}`, { line: 1 }],
  ["a blank line", `${good}\n${good}`, { line: 4, row: 3 }],
  ["Latin-1", Buffer.from(`${good}{"id":3,"text":"ü"}\n`.replaceAll("🦆", ""), "latin1"), { line: 4 }],
  ["UTF-16", Buffer.from(good, "utf16le"), { line: 1 }],
  ["gzip", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), { line: 1 }],
  ["one JSON array", `${JSON.stringify(notes(3))}\n`, { line: 1, row: 0 }],
])("%s is told by file, line and field; nothing is lost, and a save keeps the file", async (_, content, expected) => {
  const place = await workplace();
  await place.write("notes.jsonl", content);
  for (const read of [
    () => place.manager.loadCheckpoint("notes", NoteType),
    () =>
      place.manager
        .getCheckpointInfo("notes", { check: true })
        .then(() => place.manager.loadCheckpoint("notes", NoteType)),
    async () => {
      for await (const _row of place.manager.streamCheckpoint("notes", NoteType));
    },
    () => place.manager.filterCheckpoint("notes", (row) => row.id > 5, NoteType),
    () => place.manager.adoptCheckpoint("notes", NoteType),
  ]) {
    const error = await rejection(read());
    expect(error).toBeInstanceOf(CorruptCheckpointError);
    expect(error).toMatchObject({ path: place.path("notes.jsonl"), ...expected });
    expect(error.message.startsWith(`Cannot read "${place.path("notes.jsonl")}" at line `)).toBe(true);
    expect((await place.read("notes.jsonl")).equals(Buffer.from(content as never))).toBe(true);
  }
  await place.manager.saveCheckpoint("notes", notes(2), NoteType);
  const [kept] = (await place.manager.listRevisions("notes")).filter(({ ours }) => !ours);
  expect((await place.read(`.kura/notes.jsonl/${kept!.id}.data`)).equals(Buffer.from(content as never))).toBe(true);
});

it("rows before the damage can be had", async () => {
  const place = await workplace();
  await place.write("notes.jsonl", `${good}{"id":3,"te`);
  const rows: unknown[] = [];
  const error = await rejection(
    (async () => {
      for await (const row of place.manager.streamCheckpoint("notes", NoteType, { rowEnd: 3 })) rows.push(row);
      for await (const row of place.manager.streamCheckpoint("notes", NoteType)) rows.push(row);
    })(),
  );
  expect(rows.slice(0, 3)).toEqual(notes(3));
  expect(error.message).toMatch(/the 3 rows before it are whole \(rowEnd: 3 reads them\)/);
});
