import type { CodecName } from "./metadata.js";

interface Compression {
  readonly codec: CodecName;
  /** Least, most and default, where there are levels. */
  readonly levels?: readonly [least: number, most: number, byDefault: number];
}

/** The compressions that files are written with, by the names that Kura and pyarrow give them. */
export const COMPRESSIONS = {
  snappy: { codec: "SNAPPY" },
  gzip: { codec: "GZIP", levels: [1, 9, 6] },
  brotli: { codec: "BROTLI", levels: [0, 11, 5] },
  lz4: { codec: "LZ4_RAW" },
  zstd: { codec: "ZSTD", levels: [1, 22, 3] },
  none: { codec: "UNCOMPRESSED" },
} as const satisfies Record<string, Compression>;

export type CompressionName = keyof typeof COMPRESSIONS;
