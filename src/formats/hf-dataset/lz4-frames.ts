import { breathe } from "../columnar/breathe.js";
import { damaged } from "../columnar/damage.js";
import { decompressBlock } from "../columnar/lz4.js";

const MAGIC = 0x184d2204;
/** Blocks repeat nothing of those before them. */
const IS_ISOLATED = 0x20;
const IS_CHECKED_BLOCK = 0x10;
const HAS_SIZE = 0x08;
const IS_CHECKED = 0x04;
const HAS_DICTIONARY = 0x01;
const IS_STORED = 0x80000000;

/**
 * LZ4 frames, as Arrow's buffers are. Checksums are not looked at: what vouches for bytes here are pieces.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 *
 * @throws {Damage} If the frames do not hold exactly so many bytes.
 */
export async function lz4FrameDecompress(bytes: Uint8Array, byteLength: number): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Uint8Array(byteLength);
  const needed = (end: number) => {
    if (end > bytes.length) damaged("a compressed buffer is cut off");
  };
  let at = 0;
  let to = 0;
  while (at < bytes.length) {
    needed(at + 7);
    if (view.getUint32(at, true) !== MAGIC) damaged("a compressed buffer is not LZ4");
    const flags = bytes[at + 4]!;
    at += 6 + (flags & HAS_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0) + 1;
    const areLinked = (flags & IS_ISOLATED) === 0;
    const frameStart = to;
    for (;;) {
      needed(at + 4);
      const word = view.getUint32(at, true);
      at += 4;
      if (word === 0) break;
      const size = word & ~IS_STORED;
      needed(at + size);
      const block = bytes.subarray(at, at + size);
      if (word & IS_STORED) {
        if (to + size > byteLength) damaged("a compressed buffer holds more than it claims");
        out.set(block, to);
        to += size;
      } else {
        to = decompressBlock(block, out, to, areLinked ? frameStart : to);
        await breathe();
      }
      at += size + (flags & IS_CHECKED_BLOCK ? 4 : 0);
    }
    at += flags & IS_CHECKED ? 4 : 0;
  }
  if (to !== byteLength) damaged("a compressed buffer holds less than it claims");
  return out;
}
