import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeManifest, encodeManifest, MAX_MANIFEST_BYTES, type Manifest } from "../../src/checkpoints/manifest.js";
import { ConversationSummary } from "../../src/rows/builtin.js";
import { NoteType, notes, rejection, workplace } from "./notes.js";

const MANIFEST: Manifest = {
  revision: {
    id: "20260630T120000007Z-ab12cd34",
    parent: null,
    savedAt: "2026-06-30T12:00:00.007Z",
    rowHash: "sha256:0",
  },
  format: "jsonl",
  bytes: 30,
  rows: 3,
  identity: "123-456",
  rowType: { name: "summaries", key: "chat_id", columns: ConversationSummary.columns },
  fingerprint: { model: "ü\ufffd \u2028 🦆", nested: { list: [1, null] } },
  missing: ["chat-7"],
  pieces: [
    { byteEnd: 10, rowEnd: 1, crc32: 4_294_967_295 },
    { byteEnd: 30, rowEnd: 3, crc32: 0 },
  ],
};

const PARTED: Manifest = {
  ...MANIFEST,
  format: "hf-dataset",
  bytes: 65,
  rows: 9,
  parts: [
    { name: "data-a-00000.arrow", identity: "1-2", pieces: [{ byteEnd: 20, rowEnd: 4, crc32: 1 }] },
    { name: "train/data-b.arrow", identity: "3-4", pieces: [{ byteEnd: 15, rowEnd: 2, crc32: 2 }] },
  ],
};

/** A text with the checksum that belongs to it. */
function sealed(text: string): Buffer {
  const body = Buffer.from(text.slice(0, -1));
  return Buffer.concat([body, Buffer.from(`,"crc32":${crc32(body)}}\n`)]);
}

describe("decodeManifest()", () => {
  it("gives what encodeManifest() was given, which any JSON reader understands", () => {
    const bytes = encodeManifest(MANIFEST);
    expect(decodeManifest(bytes)).toEqual(MANIFEST);
    expect(decodeManifest(Buffer.concat([Buffer.from("x"), bytes]).subarray(1))).toEqual(MANIFEST);
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ rows: 3, missing: ["chat-7"] });
  });

  it("believes none of which a single bit is another, or that is cut off or longer", () => {
    const bytes = Buffer.from(encodeManifest(MANIFEST));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeManifest(bytes), `bit ${bit}`).toBeUndefined();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    for (let length = 0; length < bytes.length; length++)
      expect(decodeManifest(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
    expect(decodeManifest(Buffer.concat([bytes, Buffer.from("\n")]))).toBeUndefined();
    expect(decodeManifest(bytes)).toEqual(MANIFEST);
  });

  it("gives the parts of a directory, and believes none that lists files elsewhere or other bytes", () => {
    expect(decodeManifest(encodeManifest(PARTED))).toEqual(PARTED);
    const [first, second] = PARTED.parts!;
    const others: Partial<Manifest>[] = [
      { bytes: 64 },
      { rows: 3 },
      { parts: [first!] },
      ...["../x", "/x", "a/../../x", "..", "", "a\\x", "c:x", "a\0x"].map((name) => ({
        parts: [first!, { ...second!, name }],
      })),
    ];
    for (const other of others)
      expect(decodeManifest(encodeManifest({ ...PARTED, ...other })), JSON.stringify(other)).toBeUndefined();
  });

  const stored = JSON.parse(Buffer.from(encodeManifest(MANIFEST)).toString()) as Record<string, unknown>;
  const { crc32: _, ...fields } = stored;
  it.each<[string, object]>([
    ["no pieces", { pieces: undefined }],
    ["pieces that are none", { pieces: [[10, 1, 0], 5] }],
    [
      "pieces that go back",
      {
        pieces: [
          [20, 1, 0],
          [10, 2, 0],
          [30, 3, 0],
        ],
      },
    ],
    ["pieces that leave bytes out", { pieces: [[10, 3, 0]] }],
    ["pieces that leave rows out", { pieces: [[30, 2, 0]] }],
    ["a piece larger than memory", { bytes: 1e12, pieces: [[1e12, 3, 0]] }],
    ["half a byte", { bytes: 30.5, pieces: [[30.5, 3, 0]] }],
    ["rows as text", { rows: "3" }],
    ["no revision", { revision: null }],
    ["a revision that is a path", { revision: { ...MANIFEST.revision, id: "../../x" } }],
    ["no row type", { rowType: { name: "x" } }],
    ["columns of an unknown type", { rowType: { name: "x", columns: [{ name: "a", type: "decimal" }] } }],
    ["a list of nothing", { rowType: { name: "x", columns: [{ name: "a", type: "list" }] } }],
    ["a fingerprint that is a text", { fingerprint: "x" }],
    ["missing keys that are numbers", { missing: [1] }],
    ["an identity that is a number", { identity: 5 }],
  ])("does not believe %s, though its checksum is right", (_, change) => {
    expect(decodeManifest(sealed(JSON.stringify(fields)))).toEqual(MANIFEST);
    expect(decodeManifest(sealed(JSON.stringify({ ...fields, ...change })))).toBeUndefined();
  });

  it("does not believe what is no JSON, though its checksum is right", () => {
    for (const text of ["{}", "[]", "x", "nul", '{"a":', `${"[".repeat(50_000)}`])
      expect(decodeManifest(sealed(text))).toBeUndefined();
  });

  it("columns nested without end are not believed, nor a reason to overflow", () => {
    const deep = `${'{"type":"list","items":'.repeat(5000)}{"type":"text"}${"}".repeat(5000)}`;
    const text = JSON.stringify({ ...fields, rowType: { name: "x", columns: ["DEEP"] } });
    expect(decodeManifest(sealed(text.replace('"DEEP"', deep.replace("{", '{"name":"a",'))))).toBeUndefined();
  });
});

it("what describes rows by more than is ever read is refused at save, and the old rows stand", async () => {
  const { manager } = await workplace();
  await manager.saveCheckpoint("notes", notes(3), NoteType);
  const missing = Array.from({ length: 33 }, () => "x".repeat(1 << 20));
  const error = await rejection(manager.saveCheckpoint("notes", notes(4), NoteType, { missing }));
  expect(error).toBeInstanceOf(RangeError);
  expect(error.message).toMatch(new RegExp(`more than the ${MAX_MANIFEST_BYTES} that a manifest may have; name fewer`));
  expect(await manager.loadCheckpoint("notes", NoteType)).toEqual(notes(3));
});

it("a checkpoint whose manifest was altered in any way loads unverified, and saves as anybody's file", async () => {
  const place = await workplace();
  const { manager } = place;
  await manager.saveCheckpoint("notes", notes(30), NoteType, { madeFrom: { a: 1 } });
  const path = await place.manifest();
  const whole = await place.read(path);
  const changes: [string, Uint8Array][] = [
    ["empty", Buffer.alloc(0)],
    ["torn", whole.subarray(0, 100)],
    ["not UTF-8", Buffer.alloc(500, 0xff)],
    ["NUL", Buffer.alloc(500)],
    ["one bit", Buffer.from(whole).fill(whole[70]! ^ 1, 70, 71)],
    ["another JSON", Buffer.from('{"rows":5}\n')],
    ["too large to be one", Buffer.alloc(MAX_MANIFEST_BYTES + 10, 32)],
  ];
  for (const [how, bytes] of changes) {
    await place.write(path, bytes);
    place.warnings();
    expect(await manager.loadCheckpoint("notes", NoteType), how).toEqual(notes(30));
    expect(place.warnings(), how).toEqual(["unverified"]);
    expect(await manager.getCheckpointInfo("notes")).toMatchObject({ verified: false, fingerprint: undefined });
    expect(await manager.listRevisions("notes")).toEqual([]);
  }
  await manager.saveCheckpoint("notes", notes(2), NoteType);
  expect((await manager.listRevisions("notes")).map(({ ours, current }) => [ours, current])).toEqual([
    [true, true],
    [false, false],
  ]);
});
