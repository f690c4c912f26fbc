import { createHash } from "node:crypto";

export const sha1 = (bytes) => createHash("sha1").update(bytes).digest("hex");
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** What git calls these bytes. */
export const blobId = (bytes) => sha1(Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));

/** What a repository holds in the place of a large file (git-lfs, docs/spec.md). */
export const lfsPointer = (oid, size) =>
  Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`);

/** All bytes, by what they are: small files by git's id, large ones by SHA-256. */
export class Objects {
  #small = new Map();
  #large = new Map();
  #parts = new Map();

  addSmall(bytes) {
    const oid = blobId(bytes);
    this.#small.set(oid, bytes);
    return { oid, size: bytes.length };
  }

  hasLarge(oid) {
    return this.#large.has(oid);
  }

  /** As if it had never been sent. */
  dropLarge(oid) {
    this.#large.delete(oid);
  }

  /** Whether the bytes are what they are called. */
  addLarge(oid, bytes) {
    if (sha256(bytes) !== oid) return false;
    this.#large.set(oid, bytes);
    return true;
  }

  addPart(oid, number, bytes) {
    const parts = this.#parts.get(oid) ?? new Map();
    this.#parts.set(oid, parts.set(number, bytes));
    return sha1(bytes);
  }

  /** Whether the parts, in the order of their numbers, are what the whole is called. */
  joinParts(oid, numbers) {
    const parts = this.#parts.get(oid) ?? new Map();
    if (!numbers.every((number) => parts.has(number))) return false;
    const isWhole = this.addLarge(oid, Buffer.concat(numbers.map((number) => parts.get(number))));
    if (isWhole) this.#parts.delete(oid);
    return isWhole;
  }

  /** A file of a commit that holds these large bytes. */
  largeFile(oid) {
    const { length } = this.#large.get(oid);
    return { oid: blobId(lfsPointer(oid, length)), size: length, lfs: oid };
  }

  bytesOf({ oid, lfs }) {
    return lfs === undefined ? this.#small.get(oid) : this.#large.get(lfs);
  }

  bytesNamed(oid) {
    return this.#large.get(oid) ?? this.#small.get(oid);
  }
}
