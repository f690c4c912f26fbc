import { HubError } from "../errors.js";
import { bytesBody, type HubClient, jsonBody } from "./client.js";
import { type Content, partBody } from "./content.js";
import type { HttpBody } from "./exchange.js";
import type { HubFile } from "./hub-file.js";

/** What a commit does to one path. */
export type Change =
  | { readonly path: string; readonly content: Content }
  /** A large file that the Hub has, under a further name. */
  | { readonly path: string; readonly copyOf: HubFile }
  | { readonly path: string; readonly deleted: true };

/** A change of which the Hub has all that is large. */
export type PreparedChange =
  | { readonly key: "file"; readonly path: string; readonly content: Content }
  | { readonly key: "lfsFile"; readonly path: string; readonly oid: string; readonly size: number }
  | { readonly key: "deletedFile"; readonly path: string };

interface PrepareOptions {
  id: string;
  revision: string;
  changes: readonly Change[];
  signal: AbortSignal | undefined;
}

const PREUPLOAD_FILES = 100;
/** What the Hub looks at to tell what kind of file it is. */
const SAMPLE_BYTES = 512;

export async function prepare(client: HubClient, options: PrepareOptions): Promise<PreparedChange[]> {
  const additions = options.changes.filter((change) => "content" in change);
  const large = await largePaths(client, options, additions);
  await uploadLarge(
    client,
    options,
    additions.filter(({ path }) => large.has(path)).map(({ content }) => content),
  );
  return options.changes.map((change): PreparedChange => {
    const { path } = change;
    if ("deleted" in change) return { key: "deletedFile", path };
    if ("copyOf" in change) return { key: "lfsFile", path, oid: change.copyOf.sha256!, size: change.copyOf.byteLength };
    const { content } = change;
    if (!large.has(path)) return { key: "file", path, content };
    return { key: "lfsFile", path, oid: content.sha256, size: content.byteLength };
  });
}

/** The lines of a commit, each made when it is sent. */
export function payloadOf(changes: readonly PreparedChange[], header: Record<string, string>): HttpBody {
  const lines = [JSON.stringify({ key: "header", value: header }), ...changes.map((change) => lineOf(change))];
  return {
    byteLength: lines.reduce(
      (sum, line) => sum + (typeof line === "string" ? Buffer.byteLength(line) : line.length) + 1,
      0,
    ),
    async *chunks() {
      for (const line of lines) yield Buffer.from(`${typeof line === "string" ? line : await line.make()}\n`);
    },
  };
}

function lineOf(change: PreparedChange): string | { length: number; make: () => Promise<string> } {
  const { key, path } = change;
  if (change.key === "deletedFile") return JSON.stringify({ key, value: { path } });
  if (change.key === "lfsFile")
    return JSON.stringify({ key, value: { path, algo: "sha256", oid: change.oid, size: change.size } });
  const { content } = change;
  const before = `{"key":"file","value":{"path":${JSON.stringify(path)},"encoding":"base64","content":"`;
  const after = `"}}`;
  const base64Length = 4 * Math.ceil(content.byteLength / 3);
  return {
    length: Buffer.byteLength(before) + base64Length + after.length,
    make: async () => before + Buffer.from(await content.read(0, content.byteLength)).toString("base64") + after,
  };
}

/** Which of the files the Hub wants apart from git. */
async function largePaths(
  client: HubClient,
  { id, revision, signal }: PrepareOptions,
  additions: readonly { path: string; content: Content }[],
): Promise<Set<string>> {
  const act = `upload to ${id}`;
  const large = new Set<string>();
  for (let at = 0; at < additions.length; at += PREUPLOAD_FILES) {
    const files = await Promise.all(
      additions.slice(at, at + PREUPLOAD_FILES).map(async ({ path, content }) => {
        const sample = await content.read(0, Math.min(SAMPLE_BYTES, content.byteLength));
        return { path, size: content.byteLength, sample: Buffer.from(sample).toString("base64") };
      }),
    );
    const { body } = await client.call({
      act,
      method: "POST",
      path: `/api/datasets/${id}/preupload/${encodeURIComponent(revision)}`,
      ...jsonBody({ files }),
      signal,
    });
    const told = parsed<{ files: readonly { path: string; uploadMode: string; shouldIgnore?: boolean }[] }>(body, act);
    for (const { path, uploadMode, shouldIgnore } of told.files) {
      if (shouldIgnore)
        throw new HubError("refused", act, `the .gitignore of ${id} leaves out "${path}"; remove that line from it`);
      // Git keeps an empty file by itself; the store of large ones takes none.
      if (uploadMode === "lfs" && files.some((file) => file.path === path && file.size > 0)) large.add(path);
    }
  }
  return large;
}

interface UploadAction {
  readonly href: string;
  readonly header?: Readonly<Record<string, string>>;
}
interface BatchObject {
  readonly oid: string;
  readonly size: number;
  readonly actions?: { readonly upload?: UploadAction; readonly verify?: UploadAction };
  readonly error?: { readonly message?: string };
}

/** Of git-lfs, and the Hub's own in parts. Xet is the Hub's third, to which it moves files by itself that come by these. */
const TRANSFERS: readonly string[] = ["basic", "multipart"];

/** Git LFS, batch API: https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
async function uploadLarge(
  client: HubClient,
  { id, signal }: PrepareOptions,
  contents: readonly Content[],
): Promise<void> {
  if (contents.length === 0) return;
  const act = `upload to ${id}`;
  const { headers, ...json } = jsonBody({
    operation: "upload",
    transfers: TRANSFERS,
    hash_algo: "sha256",
    objects: contents.map(({ sha256, byteLength }) => ({ oid: sha256, size: byteLength })),
  });
  const { body } = await client.call({
    act,
    method: "POST",
    path: `/datasets/${id}.git/info/lfs/objects/batch`,
    headers: { accept: "application/vnd.git-lfs+json", "content-type": "application/vnd.git-lfs+json" },
    ...json,
    signal,
  });
  const { transfer = "basic", objects } = parsed<{ transfer?: string; objects: readonly BatchObject[] }>(body, act);
  if (!TRANSFERS.includes(transfer)) {
    const way = "push with Python's huggingface_hub instead, or to another Hub";
    throw new HubError("refused", act, `it takes large files by "${transfer}" alone, which is not spoken here; ${way}`);
  }
  for (const content of contents) {
    const { sha256: oid } = content;
    const object = objects.find((one) => one.oid === oid);
    if (!object) throw new HubError("refused", act, "it does not say where a large file is to go");
    const { actions, error } = object;
    if (error)
      throw new HubError("refused", act, `its store takes no file of this kind: ${error.message ?? "no reason"}`);
    // Without an action it is there already.
    if (!actions?.upload) continue;
    const { href, header = {} } = actions.upload;
    const partBytes = Number(header["chunk_size"]);
    if (Number.isSafeInteger(partBytes) && partBytes > 0)
      await uploadParts(client, act, content, href, header, partBytes, signal);
    else
      await client.call({
        act,
        method: "PUT",
        path: href,
        headers: header,
        body: partBody(content, 0, content.byteLength),
        follows: true,
        signal,
      });
    const { verify } = actions;
    if (!verify) continue;
    await client.call({
      act,
      method: "POST",
      path: verify.href,
      ...jsonBody({ oid, size: content.byteLength }),
      headers: { "content-type": "application/vnd.git-lfs+json", ...verify.header },
      signal,
    });
  }
}

async function uploadParts(
  client: HubClient,
  act: string,
  content: Content,
  href: string,
  header: Readonly<Record<string, string>>,
  partBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const urls = Object.keys(header)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => header[name]!);
  if (urls.length !== Math.ceil(content.byteLength / partBytes))
    throw new HubError(
      "refused",
      act,
      `it names ${urls.length} parts for ${content.byteLength} bytes, ${partBytes} each`,
    );
  const parts: { partNumber: number; etag: string }[] = [];
  for (const [index, url] of urls.entries()) {
    const start = index * partBytes;
    const { headers } = await client.call({
      act,
      method: "PUT",
      path: url,
      body: partBody(content, start, Math.min(content.byteLength, start + partBytes)),
      follows: true,
      signal,
    });
    if (headers.etag === undefined) throw new HubError("refused", act, "its store does not say what it calls a part");
    parts.push({ partNumber: index + 1, etag: headers.etag });
  }
  await client.call({
    act,
    method: "POST",
    path: href,
    headers: { accept: "application/vnd.git-lfs+json", "content-type": "application/vnd.git-lfs+json" },
    body: bytesBody(Buffer.from(JSON.stringify({ oid: content.sha256, parts }))),
    follows: true,
    signal,
  });
}

function parsed<T>(body: Buffer, act: string): T {
  try {
    return JSON.parse(body.toString()) as T;
  } catch (error) {
    throw new HubError("refused", act, "what answers is no Hub; correct hubUrl or HF_ENDPOINT", { cause: error });
  }
}
