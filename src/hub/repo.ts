import { HubError } from "../errors.js";
import { type Access, type AccessOptions, accessTo } from "./access.js";
import { type Call, type ClientOptions, HubClient, jsonBody } from "./client.js";
import { readRange } from "./download.js";
import type { HubFile } from "./hub-file.js";
import { refName, repoId, revisionName } from "./names.js";
import type { Backoff, RetryOptions } from "./retry.js";
import { type Change, type PreparedChange, payloadOf, prepare } from "./upload.js";
import type { HubCommit, HubRefs } from "./versions.js";

export type { HubFile } from "./hub-file.js";
export type { Change, PreparedChange } from "./upload.js";

export interface HubRepoOptions extends AccessOptions, ClientOptions {}

export interface Found {
  readonly commit: string | undefined;
  /** Whether there is a dataset. */
  readonly exists: boolean;
  /** When anything of the dataset last changed. */
  readonly modifiedAt: Date | undefined;
}

export interface CommitOptions {
  /** The commit that the changes are made on: another head is a conflict. */
  parent: string;
  title: string;
  description?: string | undefined;
  signal?: AbortSignal | undefined;
}

interface Signal {
  signal?: AbortSignal | undefined;
}

const LOG_PAGE = 100;

/**
 * One dataset of a Hub. Every method reads or changes the Hub; nothing is remembered.
 *
 * @throws {HubError} From every method; its `kind` says what to do.
 */
export class HubRepo {
  readonly id: string;
  readonly #client: HubClient;

  private constructor(id: string, access: Access, options: ClientOptions) {
    this.id = id;
    this.#client = new HubClient({ ...access, id }, options);
  }

  /** Contacts nobody. @throws {TypeError} For an id, token or address that cannot be one. */
  static async open(id: string, { token, hubUrl, env, ...options }: HubRepoOptions = {}): Promise<HubRepo> {
    return new HubRepo(repoId(id), await accessTo({ token, hubUrl, env }), options);
  }

  /** The page that people see. */
  get url(): string {
    return `${this.#client.endpoint}/datasets/${this.id}`;
  }

  get hasToken(): boolean {
    return this.#client.hasToken;
  }

  /** Waits between attempts at something that takes several requests. */
  backoff(options: RetryOptions = {}): Backoff {
    return this.#client.backoff(options);
  }

  async whoAmI({ signal }: Signal = {}): Promise<string> {
    const { name } = await this.#json<{ name: string }>({
      act: "tell whose token this is",
      path: "/api/whoami-v2",
      signal,
    });
    return name;
  }

  /** Make the dataset; nothing where there is one. @returns Whether it was made. */
  async create({ isPrivate, signal }: Signal & { isPrivate?: boolean | undefined } = {}): Promise<boolean> {
    const [organization, name] = this.id.split("/");
    const { status } = await this.#client.call({
      act: `make the dataset ${this.id}`,
      method: "POST",
      path: "/api/repos/create",
      ...jsonBody({ type: "dataset", name, organization, ...(isPrivate !== undefined && { private: isPrivate }) }),
      also: [409],
      signal,
    });
    return status !== 409;
  }

  /** The commit that a branch, tag or shortened id names now; undefined where there is no such revision, or no dataset. */
  async head(revision: string, options: Signal = {}): Promise<string | undefined> {
    return (await this.find(revision, options)).commit;
  }

  /**
   * What a branch, tag or shortened id names now. No commit: there is no such revision; `exists` says whether there is a dataset, as far
   * as the token may know.
   */
  async find(revision: string, { signal }: Signal = {}): Promise<Found> {
    const act = `find revision "${revision}" of ${this.id}`;
    const answer = await this.#client.call({
      act,
      method: "GET",
      path: `${this.#api}/revision/${encodeURIComponent(revisionName(revision))}?expand=sha&expand=lastModified`,
      also: [404],
      signal,
    });
    if (answer.status === 404) {
      const code = answer.headers["x-error-code"];
      if (code === "RepoNotFound" || code === "RevisionNotFound")
        return { commit: undefined, exists: code === "RevisionNotFound", modifiedAt: undefined };
      throw this.#wrong(act, "it does not say what it lacks");
    }
    const { sha, lastModified } = this.#parsed<{ sha: unknown; lastModified?: unknown }>(answer.body, act);
    if (typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha)) {
      const ms = Date.parse(String(lastModified));
      return { commit: sha, exists: true, modifiedAt: Number.isNaN(ms) ? undefined : new Date(ms) };
    }
    throw this.#wrong(act, "it names no commit");
  }

  async refs({ signal }: Signal = {}): Promise<HubRefs> {
    type Listed = readonly { name: string; targetCommit: string }[];
    const { branches, tags } = await this.#json<{ branches: Listed; tags: Listed }>({
      act: `list the branches and tags of ${this.id}`,
      path: `${this.#api}/refs`,
      signal,
    });
    const mapOf = (listed: Listed) => new Map(listed.map(({ name, targetCommit }) => [name, targetCommit]));
    return { branches: mapOf(branches), tags: mapOf(tags) };
  }

  /** All files of a commit, by path. */
  async tree(commit: string, { signal }: Signal = {}): Promise<Map<string, HubFile>> {
    const act = `list the files of ${this.id} at ${commit}`;
    const files = new Map<string, HubFile>();
    const path = `${this.#api}/tree/${encodeURIComponent(commit)}?recursive=true`;
    for await (const entry of this.#pages<TreeEntry>({ act, path, signal })) {
      if (entry.type !== "file") continue;
      const { path: name, size, oid, lfs } = entry;
      files.set(name, { path: name, byteLength: lfs?.size ?? size, blobId: oid, sha256: lfs?.oid });
    }
    return files;
  }

  /** From the newest to the first. */
  async *log(revision: string, { signal }: Signal = {}): AsyncGenerator<HubCommit> {
    const act = `list the commits of ${this.id} at "${revision}"`;
    const path = `${this.#api}/commits/${encodeURIComponent(revisionName(revision))}?limit=${LOG_PAGE}`;
    for await (const { id, title, message, date } of this.#pages<HubCommit>({ act, path, signal }))
      yield { id, title, message: message ?? "", date };
  }

  /** Exactly these bytes of a file of a commit, gone on with where a connection broke. */
  async read(commit: string, file: HubFile, start: number, end: number, { signal }: Signal = {}): Promise<Uint8Array> {
    return await readRange(this.#client, this.id, { commit, file, start, end, signal });
  }

  /** Upload what is large, so that a commit of these changes only has to name it. Done twice, the second costs little. */
  async prepare(revision: string, changes: readonly Change[], { signal }: Signal = {}): Promise<PreparedChange[]> {
    return await prepare(this.#client, { id: this.id, revision, changes, signal });
  }

  /**
   * One commit on a branch. It is attempted once: when its answer is lost (`unavailable`) it may have been made.
   *
   * @returns Its id.
   * @throws {HubError} `conflict` where `parent` is not the head of the branch any more.
   */
  async commit(
    branch: string,
    changes: readonly PreparedChange[],
    { parent, title, description = "", signal }: CommitOptions,
  ): Promise<string> {
    const act = `commit to ${this.id}`;
    const answer = await this.#client.call({
      act,
      method: "POST",
      path: `${this.#api}/commit/${encodeURIComponent(branch)}`,
      headers: { "content-type": "application/x-ndjson" },
      body: payloadOf(changes, { summary: title, description, parentCommit: parent }),
      once: true,
      signal,
    });
    const { commitOid } = this.#parsed<{ commitOid: unknown }>(answer.body, act);
    if (typeof commitOid === "string") return commitOid;
    throw this.#wrong(act, "it does not say which commit it made");
  }

  /** @throws {HubError} `conflict` where there is a branch of that name already. */
  async createBranch(name: string, { from, signal }: Signal & { from?: string } = {}): Promise<void> {
    await this.#client.call({
      act: `make branch "${name}" of ${this.id}`,
      method: "POST",
      path: `${this.#api}/branch/${encodeURIComponent(refName(name, "branch"))}`,
      ...jsonBody({ ...(from !== undefined && { startingPoint: from }) }),
      signal,
    });
  }

  async deleteBranch(name: string, { signal }: Signal = {}): Promise<void> {
    const act = `delete branch "${name}" of ${this.id}`;
    await this.#client.call({
      act,
      method: "DELETE",
      path: `${this.#api}/branch/${encodeURIComponent(refName(name, "branch"))}`,
      signal,
    });
  }

  /** @throws {HubError} `conflict` where there is a tag of that name already, of another commit. */
  async tag(name: string, revision: string, { message, signal }: Signal & { message?: string } = {}): Promise<void> {
    refName(name, "tag");
    const commit = await this.head(revision, { signal });
    const act = `tag "${revision}" of ${this.id} as "${name}"`;
    if (commit === undefined) throw new HubError("missing", act, "there is no such branch, tag or commit");
    const { status } = await this.#client.call({
      act,
      method: "POST",
      path: `${this.#api}/tag/${encodeURIComponent(commit)}`,
      ...jsonBody({ tag: name, ...(message !== undefined && { message }) }),
      also: [409],
      signal,
    });
    if (status !== 409) return;
    // An answer that was lost comes as this one, when it is tried again.
    const there = (await this.refs({ signal })).tags.get(name);
    if (there !== commit)
      throw new HubError("conflict", act, `there is a tag of that name, of commit ${there}; delete it first`, {
        status,
      });
  }

  async deleteTag(name: string, { signal }: Signal = {}): Promise<void> {
    await this.#client.call({
      act: `delete tag "${name}" of ${this.id}`,
      method: "DELETE",
      path: `${this.#api}/tag/${encodeURIComponent(refName(name, "tag"))}`,
      signal,
    });
  }

  get #api(): string {
    return `/api/datasets/${this.id}`;
  }

  async #json<T>(call: Omit<Call, "method">): Promise<T> {
    const { body } = await this.#client.call({ method: "GET", ...call });
    return this.#parsed<T>(body, call.act);
  }

  async *#pages<T>(call: Omit<Call, "method">): AsyncGenerator<T> {
    const seen = new Set<string>();
    for (let path: string | undefined = call.path; path !== undefined; ) {
      if (seen.has(path)) throw this.#wrong(call.act, "its pages lead in a circle");
      seen.add(path);
      const answer = await this.#client.call({ method: "GET", ...call, path });
      const items = this.#parsed<T[]>(answer.body, call.act);
      if (!Array.isArray(items)) throw this.#wrong(call.act, "it is no list");
      yield* items;
      const next = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers["link"] ?? ""))?.[1];
      if (next !== undefined && new URL(next, answer.url).origin !== new URL(this.#client.endpoint).origin)
        throw this.#wrong(call.act, `its next page is at ${new URL(next, answer.url).origin}, which is another`);
      path = next && new URL(next, answer.url).href;
    }
  }

  #parsed<T>(body: Buffer, act: string): T {
    try {
      return JSON.parse(body.toString()) as T;
    } catch (error) {
      throw new HubError(
        "refused",
        act,
        `${this.#client.endpoint} does not answer as a Hub does; correct hubUrl or HF_ENDPOINT`,
        {
          cause: error,
        },
      );
    }
  }

  #wrong(act: string, reason: string): HubError {
    return new HubError("refused", act, `the answer of ${this.#client.endpoint} cannot be used: ${reason}`);
  }
}

interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}
