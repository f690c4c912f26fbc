/** One file of one commit. */
export interface HubFile {
  readonly path: string;
  readonly byteLength: number;
  /** What git calls its blob; of a large file, that of its pointer. */
  readonly blobId: string;
  /** SHA-256 of the bytes, where it is a large file. */
  readonly sha256: string | undefined;
}
