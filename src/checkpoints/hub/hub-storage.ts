import { HubError, StorageError, UnknownOutcomeError } from "../../errors.js";
import { ByteCache } from "../../hub/byte-cache.js";
import type { Content } from "../../hub/content.js";
import { refName, revisionName } from "../../hub/names.js";
import type { HubRepo, HubRepoOptions } from "../../hub/repo.js";
import type { Spool } from "../../hub/spool.js";
import { storageError } from "../../storage/errno.js";
import { MemoryStorage } from "../../storage/memory.js";
import type {
  ChangeTitle,
  Lock,
  LockOptions,
  OpenedFile,
  PinOptions,
  StagedFile,
  Storage,
  StoredFile,
} from "../../storage/storage.js";
import { HubSnapshot } from "./hub-snapshot.js";
import { HubTransaction } from "./hub-transaction.js";

export interface HubStorageOptions extends HubRepoOptions {
  /** A branch, which is made when it is first written to; or a tag or commit, which is only read. "main" by default. */
  revision?: string | undefined;
  /** Whether a dataset that has to be made is. */
  isPrivate?: boolean | undefined;
  cacheDirectory?: string | undefined;
  /** 0: nothing is kept. */
  cacheBytes?: number | undefined;
  /** What else is to change with each transaction. */
  alsoChange?: ((transaction: HubTransaction) => Promise<void>) | undefined;
}

/** Each time somebody else got something done. */
const MOST_CONFLICTS = 50;
const LOST = "was made: the connection broke, and the Hub cannot be asked";

/** Writers of one branch, from this process: they would only be in each other's way. */
const turns = new MemoryStorage();

/**
 * A dataset of the Hub as bytes at paths. It knows no locks: a change is a commit on what it was made from, and made anew where that is no
 * longer what there is. Data are in LFS by what they hold, so that what the Hub has once is named, not sent.
 */
export class HubStorage implements Storage {
  readonly label: string;
  readonly id: string;
  readonly revision: string;
  readonly #options: HubStorageOptions;
  readonly #cache: ByteCache | undefined;
  readonly #staged = new WeakMap<StagedFile, Spool>();
  #repo: Promise<HubRepo> | undefined;
  #seen: HubSnapshot | undefined;

  /** Contacts nobody. */
  constructor(id: string, options: HubStorageOptions = {}) {
    const { revision = "main", cacheDirectory, cacheBytes = 0 } = options;
    this.revision = revisionName(revision);
    this.id = id;
    this.#options = options;
    this.label = `hf://datasets/${id}${revision === "main" ? "" : `@${revision}`}`;
    this.#cache =
      cacheBytes > 0 && cacheDirectory !== undefined
        ? new ByteCache({ directory: cacheDirectory, mostBytes: cacheBytes })
        : undefined;
  }

  repo(): Promise<HubRepo> {
    // What speaks to the Hub is loaded when there is something to say.
    this.#repo ??= import("../../hub/repo.js").then(({ HubRepo }) => HubRepo.open(this.id, this.#options));
    return this.#repo;
  }

  /** @throws {StorageError} With `toWrite`, for a tag or a commit. */
  async pinned({ toWrite = false, signal }: PinOptions = {}): Promise<HubSnapshot> {
    const repo = await this.repo();
    if (toWrite) return await this.#writable(repo, signal);
    const { commit, modifiedAt } = await repo.find(this.revision, { signal });
    return await this.#snapshot(commit, modifiedAt, signal);
  }

  /** What was looked at last: costs no request. */
  async seen(options: PinOptions = {}): Promise<HubSnapshot> {
    return this.#seen ?? (await this.pinned(options));
  }

  async open(path: string): Promise<OpenedFile | undefined> {
    return await (await this.pinned()).open(path);
  }

  async identify(path: string): Promise<StoredFile | undefined> {
    return await (await this.pinned()).identify(path);
  }

  async list(directory: string): Promise<StoredFile[]> {
    return await (await this.pinned()).list(directory);
  }

  async listDirectories(directory: string): Promise<string[]> {
    return await (await this.pinned()).listDirectories(directory);
  }

  /** Only in one instant with what names it: `transact`. */
  async create(path: string): Promise<never> {
    throw new StorageError("write", `${this.label}/${path}`, "a dataset of the Hub takes checkpoints of one file");
  }

  /** There are none but by what is in them. */
  async removeDirectory(): Promise<void> {}

  async stage(_: string, target: string): Promise<StagedFile> {
    const { Spool } = await import("../../hub/spool.js");
    const spool = new Spool();
    let sealed: Content | undefined;
    const staged: StagedFile = {
      write: (chunk) =>
        spool.write(chunk).catch((error: unknown) => {
          throw storageError("keep what is to be sent in", Spool.directory(), error);
        }),
      // What is durable, and has no name: an object of the store that no commit names.
      seal: async () => {
        sealed = spool.seal();
        const repo = await this.repo();
        await this.#writable(repo, undefined);
        await repo.prepare(this.revision, [{ path: target, content: sealed }]);
        return { byteLength: sealed.byteLength, identity: sealed.sha256 };
      },
      publish: async () => {
        if (!sealed) throw new TypeError(`Cannot publish "${target}": it is not sealed`);
        await this.transact({ title: `Save ${target}`, id: sealed.sha256 }, async (changes) =>
          changes.put(target, staged),
        );
        await spool.close();
      },
      discard: () => spool.close(),
    };
    this.#staged.set(staged, spool);
    return staged;
  }

  async remove(path: string): Promise<boolean> {
    return await this.transact({ title: `Remove ${path}`, id: path }, async (changes) => {
      changes.remove(path);
      return changes.base.files.has(path);
    });
  }

  async keep(from: string, to: string): Promise<void> {
    await this.transact({ title: `Keep ${from}`, id: to }, async (changes) => changes.keep(from, to));
  }

  /** A commit is durable when it is made. */
  async sync(): Promise<void> {}

  /** Among writers of this process. Of others, the faster one goes before. */
  async lock(name: string, options: LockOptions = {}): Promise<Lock> {
    return await turns.lock(`${this.#options.hubUrl ?? ""} ${this.label} ${name}`, options);
  }

  async transact<T>(about: ChangeTitle, work: (changes: HubTransaction) => Promise<T>): Promise<T> {
    const { signal } = about;
    const repo = await this.repo();
    const turn = await this.lock("", { signal });
    try {
      const conflicts = repo.backoff({ attempts: MOST_CONFLICTS });
      const outages = repo.backoff();
      let base = await this.#writable(repo, signal);
      for (;;) {
        const changes = new HubTransaction(base, (staged) => this.#contentOf(staged));
        const result = await work(changes);
        if (changes.changes().length === 0) return result;
        await this.#options.alsoChange?.(changes);
        const prepared = await repo.prepare(this.revision, changes.changes(), { signal });
        const failed = await repo
          .commit(this.revision, prepared, { parent: base.commit!, title: about.title, description: about.id, signal })
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        if (failed === undefined) return result;
        if (!(failed instanceof HubError) || (failed.kind !== "conflict" && failed.kind !== "unavailable"))
          throw failed;
        // The answer may be lost of a commit that was made; and whoever was faster may be who we are.
        const { now, isMade } = await this.#lookAgain(repo, about, base).catch((error: unknown) => {
          throw failed.kind === "conflict" ? error : new UnknownOutcomeError(this.label, failed, LOST);
        });
        if (isMade) return result;
        const backoff = failed.kind === "conflict" ? conflicts : outages;
        if (!(await backoff.wait(undefined, signal))) throw failed;
        base = now;
      }
    } finally {
      await turn.release();
    }
  }

  /** What there is now, and whether one of the commits since `base` is ours. */
  async #lookAgain(
    repo: HubRepo,
    { id, signal }: ChangeTitle,
    base: HubSnapshot,
  ): Promise<{ now: HubSnapshot; isMade: boolean }> {
    const now = await this.#writable(repo, signal);
    if (now.commit === base.commit) return { now, isMade: false };
    for await (const commit of repo.log(now.commit!, { signal })) {
      if (commit.id === base.commit) break;
      if (commit.message.split("\n").includes(id)) return { now, isMade: true };
    }
    return { now, isMade: false };
  }

  /** What the branch holds, made where it is not there. */
  async #writable(repo: HubRepo, signal: AbortSignal | undefined): Promise<HubSnapshot> {
    const { revision } = this;
    let found = await repo.find(revision, { signal });
    if (!found.exists) {
      await repo.create({ isPrivate: this.#options.isPrivate, signal });
      found = await repo.find(revision, { signal });
    }
    if (found.commit === undefined) {
      await repo.createBranch(refName(revision, "branch"), { signal }).catch(ignoreConflict);
      found = await repo.find(revision, { signal });
    } else if (revision !== "main" && !(await repo.refs({ signal })).branches.has(revision)) {
      const reason = "it is a tag or a commit, which stays as it is; give a branch as the revision";
      throw new StorageError("write", this.label, reason);
    }
    if (found.commit !== undefined) return await this.#snapshot(found.commit, found.modifiedAt, signal);
    throw new StorageError("write", this.label, "the Hub made it, and does not show it; try again");
  }

  async #snapshot(
    commit: string | undefined,
    modifiedAt: Date | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HubSnapshot> {
    if (this.#seen && this.#seen.commit === commit) return this.#seen;
    const repo = await this.repo();
    const files = commit === undefined ? new Map() : await repo.tree(commit, { signal });
    this.#seen = new HubSnapshot({ repo, cache: this.#cache, commit, files, modifiedAt, label: this.label });
    return this.#seen;
  }

  #contentOf(staged: StagedFile): Content {
    const spool = this.#staged.get(staged);
    if (!spool) throw new TypeError("Cannot put what another storage has staged");
    return spool.seal();
  }
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof HubError && error.kind === "conflict")) throw error;
}
