import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startHub } from "../support/hub/hub.mjs";
import { type RecordedExchange, replay } from "../support/hub/recording.mjs";

/**
 * What Python's `huggingface_hub` asked of the test Hub when it last worked with it (`npm run test:interop` runs it live, `node interop/hub.mjs
 * --record` records): the Hub still answers so.
 */
const folder = fileURLToPath(new URL("../fixtures/hub/", import.meta.url));
const recordings = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe("the test Hub answers as it did to", () => {
  it.each(recordings)("%s", async (name) => {
    const exchanges = JSON.parse(readFileSync(`${folder}${name}`, "utf8")) as RecordedExchange[];
    expect(exchanges.length).toBeGreaterThan(30);
    const hub = await startHub({ partBytes: 1000, record: true });
    try {
      for (const [index, recorded] of exchanges.entries()) {
        const { status, answered, with: said } = recorded;
        expect(await replay(hub, recorded), `${index}: ${recorded.method} ${recorded.path}`).toEqual({
          status,
          answered,
          with: said,
        });
      }
    } finally {
      await hub.close();
    }
  });

  it("has recordings", () => {
    expect(recordings.length).toBeGreaterThan(0);
  });
});
