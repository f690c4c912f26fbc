/** One version of one file, pinned, whatever later happens to its name. */
export interface ByteSource {
  readonly byteLength: number;
  /** Set where a read may give bytes that were damaged on their way here, and another that is `fresh` may not. */
  readonly isRemote?: true;
  /** Exactly `end - start` bytes, or throws. The bytes belong to the caller. */
  read(start: number, end: number, options?: ByteReadOptions): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface ByteReadOptions {
  signal?: AbortSignal | undefined;
  /** What was read before is not what it should be: take nothing that was kept of it. */
  fresh?: true | undefined;
  /**
   * Memory the caller no longer needs. A source may put the bytes there and return a view of it, or leave it: fresh memory for every
   * megabyte costs a fifth of a load.
   */
  into?: Uint8Array | undefined;
}

/** Where bytes go. The promise is the back-pressure; a chunk may be reused by the caller once it resolves. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}
