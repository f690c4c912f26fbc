import { promisify } from "node:util";
import zlib from "node:zlib";
import { damaged } from "../columnar/damage.js";
import { lz4Compress, lz4Decompress, lz4HadoopDecompress } from "../columnar/lz4.js";
import { withOwnPart } from "../columnar/own-part.js";
import { zstdCompress, zstdDecompress } from "../columnar/zstd.js";
import type { CodecName } from "./metadata.js";

export interface Codec {
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * To exactly so many bytes.
   *
   * @throws {Error} Of any kind, if the bytes are no such thing.
   */
  decompress(bytes: Uint8Array, byteLength: number): Uint8Array | Promise<Uint8Array>;
}

// In the thread pool: a page at a high level takes longer than the event loop may be held.
const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const brotliCompress = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const brotliDecompress = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/** How to make each; the packages behind some load when they are first needed. */
const LOADERS: Record<CodecName, ((level: number) => Codec | Promise<Codec>) | undefined> = {
  UNCOMPRESSED: () => ({ compress: (bytes) => bytes, decompress: (bytes) => bytes }),
  SNAPPY: () =>
    withOwnPart("hysnappy", async () => {
      const { snappyCompressor, snappyUncompressor } = await import("hysnappy");
      return { compress: snappyCompressor(), decompress: snappyUncompressor() };
    }),
  GZIP: (level) => ({
    compress: (bytes) => gzip(bytes, { level }),
    decompress: (bytes, byteLength) => decompressGzip(bytes, byteLength),
  }),
  BROTLI: (level) => ({
    compress: (bytes) =>
      brotliCompress(bytes, {
        params: {
          [zlib.constants.BROTLI_PARAM_QUALITY]: level,
          [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
    decompress: (bytes, byteLength) => brotliDecompress(bytes, { maxOutputLength: Math.max(1, byteLength) }),
  }),
  LZ4_RAW: () => ({ compress: lz4Compress, decompress: lz4Decompress }),
  LZ4: () => ({ compress: lz4Compress, decompress: lz4HadoopDecompress }),
  ZSTD: (level) => ({ compress: (bytes) => zstdCompress(bytes, level), decompress: zstdDecompress }),
  LZO: undefined,
};

/** zlib's streams are also seen, and gzip members one after another, which zlib joins. */
function decompressGzip(bytes: Uint8Array, byteLength: number): Promise<Uint8Array> {
  const options = { maxOutputLength: Math.max(1, byteLength) };
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip ? gunzip(bytes, options) : inflate(bytes, options);
}

const loaded = new Map<string, Codec | Promise<Codec>>();

/**
 * The same for all who ask: some have memory of their own.
 *
 * @param level Of its own scale, if it has one; only matters for compressing.
 * @throws {Damage} For a codec that nothing here knows.
 */
export function codecOf(name: CodecName, level = 0): Codec | Promise<Codec> {
  const key = `${name} ${level}`;
  let codec = loaded.get(key);
  if (!codec) {
    const load = LOADERS[name];
    if (!load) return damaged(`it is compressed with ${name}, which cannot be read; write it anew with another`);
    codec = load(level);
    loaded.set(key, codec);
  }
  return codec;
}
