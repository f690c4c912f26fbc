import { describe, expect, it } from "vitest";
import { JSONLCheckpointManager } from "../../src/checkpoints/jsonl-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../src/checkpoints/parquet-checkpoint-manager.js";
import { MemoryStorage } from "../../src/storage/memory.js";
import { rejection } from "./notes.js";

const MANAGERS = { JSONLCheckpointManager, ParquetCheckpointManager };

describe.each(Object.entries(MANAGERS))("new %s()", (_, Manager) => {
  it.each([undefined, null, 3, {}, ["a"]])("refuses %j as a place, which is a directory or a storage", (where) => {
    expect(() => new Manager(where as never)).toThrow(TypeError);
    expect(() => new Manager(where as never)).toThrow(/a directory or a storage is needed/);
    expect(() => new Manager(new URL("file:///tmp/checkpoints") as never)).toThrow(
      /give the path: fileURLToPath\(url\)/,
    );
  });

  it.each([null, "x", 3])("refuses %j as options", (options) => {
    expect(() => new Manager("x", options as never)).toThrow(/options are an object/);
  });
});

it("an unknown option is answered by those there are for this manager, and none that are only for tests", () => {
  const said = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      return (error as TypeError).message;
    }
    return "";
  };
  const shared = "enabled, keepRevisions, lockWaitMs, onEvent";
  expect(said(() => new JSONLCheckpointManager("x", { keep: 1 } as never))).toBe(
    `Cannot make a checkpoint manager: unknown option "keep"; options are ${shared}`,
  );
  expect(said(() => new ParquetCheckpointManager("x", { codec: "gzip" } as never))).toBe(
    `Cannot make a checkpoint manager: unknown option "codec"; options are ${shared}, compression, compressionLevel, rowGroupRows, dialect`,
  );
});

it("a row that contains itself is refused in one line that can be read", async () => {
  const manager = new JSONLCheckpointManager(new MemoryStorage());
  const row: Record<string, unknown> = {};
  row["list"] = [{ again: row }];
  const error = await rejection(manager.saveCheckpoint("notes", [row]));
  expect(error.message).toMatch(
    /at row 0, field "list\[0\]\.again\.list.*…": it is nested more than 500 deep, or contains/,
  );
  expect(error.message.length).toBeLessThan(250);
});
