import { StalledCopyError } from "../../errors.js";
import type { Row } from "../../rows/column.js";
import type { OpenCheckpoint } from "../open-checkpoint.js";
import { accessTo, type RowOptions } from "../row-access.js";
import type { Copy } from "./copy.js";

/** What a copy has opened, of which nothing is waited for longer than a copy may take. */
export function watched(copy: Copy, opened: OpenCheckpoint, signal: AbortSignal | undefined): OpenCheckpoint {
  async function* batches(options: RowOptions = {}): AsyncGenerator<Row[]> {
    const source = opened.batches(options)[Symbol.asyncIterator]();
    let [seconds, rows, isStalled] = [0, 0, false];
    try {
      for (;;) {
        const started = performance.now();
        const result = await copy.ask(() => source.next(), { signal: options.signal ?? signal });
        seconds += (performance.now() - started) / 1000;
        if (result.done) break;
        rows += result.value.length;
        yield result.value;
      }
      if (rows > 0) copy.secondsPerRow = seconds / rows;
    } catch (error) {
      isStalled = error instanceof StalledCopyError;
      throw error;
    } finally {
      if (!isStalled) await source.return?.(undefined);
    }
  }
  const { info } = opened;
  return {
    info,
    ...accessTo(batches),
    check: (options) =>
      copy.ask((_, stop) => opened.check({ signal: stop }), { signal: options?.signal ?? signal, bytes: info.bytes }),
    close: () => copy.ask(() => opened.close()).catch(() => {}),
  };
}
