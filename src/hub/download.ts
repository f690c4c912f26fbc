import { HubError } from "../errors.js";
import type { HubClient } from "./client.js";
import { gitBlobId } from "./content.js";
import type { HttpHead } from "./exchange.js";
import type { HubFile } from "./hub-file.js";

export interface RangeOptions {
  commit: string;
  file: HubFile;
  start: number;
  end: number;
  signal?: AbortSignal | undefined;
}

/** Of one read. More is no accident. */
const MOST_DAMAGED = 3;

/**
 * Exactly these bytes. What came before a connection broke is kept, and the rest asked for; only attempts that bring nothing count as such.
 *
 * @throws {HubError} `damaged` where other bytes come than are listed. Of a part of a file that cannot be told here.
 */
export async function readRange(
  client: HubClient,
  id: string,
  { commit, file, start, end, signal }: RangeOptions,
): Promise<Uint8Array> {
  const { path, byteLength } = file;
  if (!(start >= 0 && start <= end && end <= byteLength))
    throw new RangeError(`Cannot read bytes ${start}-${end} of "${path}": it has ${byteLength}`);
  const bytes = new Uint8Array(end - start);
  const act = `read "${path}" of ${id} at ${commit}`;
  const backoff = client.backoff();
  let have = 0;
  let damaged = 0;
  for (;;) {
    const before = have;
    let skip: number | undefined;
    const take = (head: HttpHead, chunk: Uint8Array) => {
      // A server that knows no ranges sends everything from the beginning.
      skip ??= skipped(head, start + have, byteLength, act);
      const wanted = chunk.subarray(Math.min(skip, chunk.length)).subarray(0, bytes.length - have);
      skip -= Math.min(skip, chunk.length);
      bytes.set(wanted, have);
      have += wanted.length;
    };
    // A range of nothing cannot be asked for.
    const answer =
      bytes.length > 0 &&
      (await client.attempt({
        act,
        method: "GET",
        path: `/datasets/${id}/resolve/${encodeURIComponent(commit)}/${encodePath(path)}`,
        headers: { range: `bytes=${start + have}-${end - 1}` },
        onChunk: take,
        follows: true,
        signal,
      }));
    if (have === bytes.length) {
      if (isWhole(bytes, file)) return bytes;
      if (++damaged === MOST_DAMAGED)
        throw new HubError("damaged", act, "what came is not what the Hub says it has; try again later");
      have = 0;
      continue;
    }
    if (have > before) backoff.reset();
    const error =
      answer instanceof HubError ? answer : new HubError("unavailable", act, "fewer bytes came than were asked for");
    if (!(await client.again(error, backoff, signal))) throw error;
  }
}

/** How many bytes of an answer come before the one that was asked for. */
function skipped({ status, headers }: HttpHead, from: number, byteLength: number, act: string): number {
  if (status !== 206) return from;
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  if (Number(first) === from && (total === "*" || Number(total) === byteLength)) return 0;
  throw new HubError(
    "damaged",
    act,
    `the Hub lists ${byteLength} bytes, and sends "${headers["content-range"]}" for those from ${from} on; try again later`,
  );
}

/** Small files are called by what they hold; of large ones the whole is rarely read, and what describes them says whether it is right. */
function isWhole(bytes: Uint8Array, { byteLength, blobId, sha256 }: HubFile): boolean {
  return sha256 !== undefined || bytes.length !== byteLength || gitBlobId(bytes) === blobId;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
