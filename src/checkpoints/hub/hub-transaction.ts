import { StorageError } from "../../errors.js";
import { type Content, contentOf } from "../../hub/content.js";
import type { Change, HubFile } from "../../hub/repo.js";
import type { StagedFile, Transaction } from "../../storage/storage.js";
import { readWhole } from "../read-whole.js";
import { type HubSnapshot, identityOf } from "./hub-snapshot.js";

/** Manifests are the largest that are read. */
const MOST_SMALL_BYTES = 32 << 20;

/** Changes on one commit of a dataset. */
export class HubTransaction implements Transaction {
  readonly base: HubSnapshot;
  readonly #contentOf: (staged: StagedFile) => Content;
  /** By path; the last that was said of a path counts. */
  readonly #changes = new Map<string, Change>();

  /** @param contentOf What a staged file of the storage holds. */
  constructor(base: HubSnapshot, contentOf: (staged: StagedFile) => Content) {
    this.base = base;
    this.#contentOf = contentOf;
  }

  put(path: string, content: Uint8Array | StagedFile): void {
    const held = content instanceof Uint8Array ? contentOf(content) : this.#contentOf(content);
    this.#changes.set(path, { path, content: held });
  }

  keep(from: string, to: string): void {
    const file = this.base.files.get(from);
    if (!file) throw new StorageError("keep", `${this.base.label}/${from}`, "it does not exist");
    // A small file that is in git itself: only large ones can be named by what they hold. Ours never are, see `.gitattributes`.
    if (file.sha256 === undefined) return;
    this.#changes.set(to, { path: to, copyOf: file });
  }

  /** The bytes that a small file will have; undefined where there will be none. */
  async bytesAfter(path: string): Promise<Uint8Array | undefined> {
    const change = this.#changes.get(path);
    if (!change) return await readWhole(this.base, path, MOST_SMALL_BYTES);
    return "content" in change ? await change.content.read(0, change.content.byteLength) : undefined;
  }

  /** What a file will hold, by its hash; undefined where there will be none. */
  identityAfter(path: string): string | undefined {
    const change = this.#changes.get(path);
    const file = this.base.files.get(path);
    if (!change) return file && identityOf(file);
    if ("deleted" in change) return undefined;
    return "content" in change ? change.content.sha256 : identityOf(change.copyOf);
  }

  /** The paths that there will be. */
  pathsAfter(): string[] {
    const removed = (path: string) => "deleted" in (this.#changes.get(path) ?? {});
    return [...new Set([...this.base.files.keys(), ...this.#changes.keys()])].filter((path) => !removed(path));
  }

  /** Whether a file in a directory gets a new content. */
  writesBelow(directory: string): boolean {
    return [...this.#changes].some(([path, change]) => path.startsWith(`${directory}/`) && "content" in change);
  }

  remove(path: string): void {
    if (this.base.files.has(path)) this.#changes.set(path, { path, deleted: true });
    else this.#changes.delete(path);
  }

  /** Those that change something. */
  changes(): Change[] {
    return [...this.#changes.values()].filter((change) => !isThere(change, this.base.files.get(change.path)));
  }
}

function isThere(change: Change, file: HubFile | undefined): boolean {
  if ("deleted" in change || !file) return false;
  if ("copyOf" in change) return identityOf(change.copyOf) === identityOf(file);
  const { sha256, blobId } = change.content;
  return file.sha256 === undefined ? blobId === file.blobId : sha256 === file.sha256;
}
