import { damaged } from "./damage.js";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/**
 * The decoder allocates what a frame claims to hold, so what the first one claims is looked at before.
 * https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md#frame_header
 *
 * @throws {Damage} If that is not `byteLength`.
 */
export function assertZstdSize(bytes: Uint8Array, byteLength: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6) damaged("a compressed page is cut off");
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) damaged((magic & ~0xf) >>> 0 === SKIPPABLE ? "a skippable zstd frame" : "a page is not zstd");
  const descriptor = bytes[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  // Frames that were written as streams say nothing: then there is room for what the page claims, and no more.
  if (sizeBytes === 0) return;
  const at = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (bytes.length < at + sizeBytes) damaged("a compressed page is cut off");
  const size = [
    () => bytes[at]!,
    () => view.getUint16(at, true) + 256,
    () => view.getUint32(at, true),
    () => Number(view.getBigUint64(at, true)),
  ][descriptor >> 6]!();
  if (size !== byteLength) damaged(`a compressed page holds ${size} bytes and claims ${byteLength}`);
}
