import { StorageError } from "../../errors.js";
import type { ByteCache } from "../../hub/byte-cache.js";
import type { HubFile, HubRepo } from "../../hub/repo.js";
import type { OpenedFile, Storage, StoredFile } from "../../storage/storage.js";

export interface SnapshotOptions {
  repo: HubRepo;
  cache: ByteCache | undefined;
  /** undefined where there is no dataset, or nothing in it. */
  commit: string | undefined;
  files: ReadonlyMap<string, HubFile>;
  modifiedAt: Date | undefined;
  label: string;
}

/** The files of one commit of a dataset, which never change. What a file is called by is what it holds. */
export class HubSnapshot implements Storage {
  readonly label: string;
  readonly commit: string | undefined;
  readonly files: ReadonlyMap<string, HubFile>;
  readonly #repo: HubRepo;
  readonly #cache: ByteCache | undefined;
  readonly modifiedAt: Date;

  constructor({ repo, cache, commit, files, modifiedAt, label }: SnapshotOptions) {
    this.#repo = repo;
    this.#cache = cache;
    this.commit = commit;
    this.files = files;
    this.modifiedAt = modifiedAt ?? new Date(0);
    this.label = label;
  }

  async open(path: string): Promise<OpenedFile | undefined> {
    const file = this.files.get(path);
    const { commit } = this;
    if (!file || commit === undefined) return undefined;
    const { byteLength } = file;
    const hash = identityOf(file);
    return {
      byteLength,
      isRemote: true,
      identity: hash,
      modifiedAt: this.modifiedAt,
      read: async (start, end, { signal, fresh } = {}) => {
        signal?.throwIfAborted();
        const fetch = (from: number, to: number) => this.#repo.read(commit, file, from, to, { signal });
        return this.#cache ? await this.#cache.read(hash, start, end, { fetch, fresh }) : await fetch(start, end);
      },
      close: async () => {},
    };
  }

  async identify(path: string): Promise<StoredFile | undefined> {
    const file = this.files.get(path);
    return file && storedFile(file);
  }

  async list(directory: string): Promise<StoredFile[]> {
    const prefix = directory === "" ? "" : `${directory}/`;
    return [...this.files.values()]
      .filter(({ path }) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map(storedFile);
  }

  async pinned(): Promise<this> {
    return this;
  }

  async listDirectories(directory: string): Promise<string[]> {
    const prefix = directory === "" ? "" : `${directory}/`;
    const inside = [...this.files.keys()].filter((path) => path.startsWith(prefix));
    const parts = inside.map((path) => path.slice(prefix.length).split("/"));
    return [...new Set(parts.filter(({ length }) => length > 1).map(([name]) => name!))];
  }

  create(path: string): Promise<never> {
    return this.#refuse(path);
  }
  async removeDirectory(): Promise<void> {}
  stage(_: string, target: string): Promise<never> {
    return this.#refuse(target);
  }
  remove(path: string): Promise<never> {
    return this.#refuse(path);
  }
  keep(_: string, to: string): Promise<never> {
    return this.#refuse(to);
  }
  lock(name: string): Promise<never> {
    return this.#refuse(name);
  }
  async sync(): Promise<void> {}

  async #refuse(path: string): Promise<never> {
    throw new StorageError("write", `${this.label}/${path}`, `it is of commit ${this.commit}, which stays as it is`);
  }
}

/** What a file holds, by its hash: the same in every commit. */
export function identityOf({ sha256, blobId }: HubFile): string {
  return sha256 ?? blobId;
}

function storedFile(file: HubFile): StoredFile {
  return { path: file.path, byteLength: file.byteLength, identity: identityOf(file) };
}
