/** One version of one file, pinned, whatever later happens to its name. */
export interface ByteSource {
  readonly byteLength: number;
  /** Exactly `end - start` bytes, or throws. The bytes belong to the caller. */
  read(start: number, end: number, options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Where bytes go. The promise is the back-pressure; a chunk may be reused by the caller once it resolves. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}
