import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

/** Answers `/<id>` after a while with a text of its own, and counts each call when it comes: what it counts is paid for. */
export interface CountingServer {
  readonly url: string;
  readonly calls: ReadonlyMap<string, number>;
  readonly total: number;
  /** Calls that had come and were not answered yet, at most. */
  readonly mostInFlight: number;
  stop(): Promise<void>;
}

export async function startCountingServer({
  delayMs,
  onCall,
}: {
  delayMs: () => number;
  /** Called with the number of calls that have come. */
  onCall: (total: number) => void;
}): Promise<CountingServer> {
  const calls = new Map<string, number>();
  let inFlight = 0;
  let total = 0;
  let mostInFlight = 0;
  const server = createServer(async (request, response) => {
    const id = request.url!.slice(1);
    calls.set(id, (calls.get(id) ?? 0) + 1);
    inFlight += 1;
    total += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    onCall(total);
    await setTimeout(delayMs());
    inFlight -= 1;
    response.end(replyTo(id));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get total() {
      return total;
    },
    get mostInFlight() {
      return mostInFlight;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const replyTo = (id: string): string => `${id} is answered `.repeat(1 + (Number(id) % 9));
