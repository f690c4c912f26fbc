import { crc32 } from "node:zlib";
import { combineCrc32 } from "../../bytes/crc32-combine.js";
import { breathe } from "../columnar/breathe.js";
import type { ByteBuffer } from "../columnar/byte-buffer.js";
import type { Codec } from "./codecs.js";
import type { FileBytes } from "./file-bytes.js";
import {
  CODECS,
  type CodecName,
  type ColumnMetaData,
  ENCODINGS,
  type Encoding,
  PAGE_TYPES,
  PageHeader,
} from "./metadata.js";
import { encodeThrift } from "./thrift.js";

/** Where compressing the end of the first page saves less than a tenth, the chunk is stored as it is: it is read faster than the tenth is. */
const WORTHWHILE = 0.9;
const TRIAL_BYTES = 64 << 10;

const NOTHING = new Uint8Array(0);

export interface ChunkOptions {
  file: FileBytes;
  codec: Codec;
  codecName: CodecName;
  /** Memory for the page in hand. */
  page: ByteBuffer;
}

/** Writes the pages of a chunk with their headers, one after another. */
export class ChunkBuilder {
  readonly #file: FileBytes;
  readonly #codec: Codec;
  /** Undefined until it is known whether the chunk is compressed. */
  #codecName: CodecName | undefined;
  readonly #wantedCodec: CodecName;
  readonly #byteStart: number;
  readonly #encodings = new Set<Encoding>();
  #plainSize = 0;
  #dictionaryOffset: number | undefined;
  #dataOffset: number | undefined;

  constructor({ file, codec, codecName }: ChunkOptions) {
    this.#file = file;
    this.#codec = codec;
    this.#wantedCodec = codecName;
    this.#byteStart = file.byteLength;
  }

  get metadata(): ColumnMetaData {
    return {
      encodings: [...this.#encodings].map((encoding) => ENCODINGS.indexOf(encoding)),
      codec: CODECS.indexOf(this.#codecName ?? "UNCOMPRESSED"),
      total_uncompressed_size: this.#plainSize,
      total_compressed_size: this.#file.byteLength - this.#byteStart,
      data_page_offset: this.#dataOffset ?? this.#byteStart,
      dictionary_page_offset: this.#dictionaryOffset,
    };
  }

  async addDictionary(values: ByteBuffer, size: number): Promise<void> {
    this.#dictionaryOffset = this.#file.byteLength;
    this.#encodings.add("PLAIN");
    await this.#add(values, NOTHING, {
      type: PAGE_TYPES.indexOf("DICTIONARY_PAGE"),
      dictionary_page_header: { num_values: size, encoding: ENCODINGS.indexOf("PLAIN") },
    });
  }

  /** @param rest Of the page, behind its head: what is not compressed is not copied to be joined. */
  async addData(head: ByteBuffer, rest: Uint8Array, slots: number, encoding: Encoding): Promise<void> {
    this.#dataOffset ??= this.#file.byteLength;
    this.#encodings.add("RLE").add(encoding);
    await this.#add(head, rest, {
      type: PAGE_TYPES.indexOf("DATA_PAGE"),
      data_page_header: {
        num_values: slots,
        encoding: ENCODINGS.indexOf(encoding),
        definition_level_encoding: ENCODINGS.indexOf("RLE"),
        repetition_level_encoding: ENCODINGS.indexOf("RLE"),
      },
    });
  }

  async #add(head: ByteBuffer, rest: Uint8Array, header: PageHeader): Promise<void> {
    const plainBytes = head.length + rest.length;
    const compressed = this.#codecName === "UNCOMPRESSED" ? undefined : await this.#compress(head, rest);
    const [first, second] = compressed ? [compressed, NOTHING] : [head.view(0, plainBytes - rest.length), rest];
    const [firstCrc, secondCrc] = [crc32(first), crc32(second)];
    const headerBytes = encodeThrift(PageHeader, {
      ...header,
      uncompressed_page_size: plainBytes,
      compressed_page_size: first.length + second.length,
      crc: combineCrc32(firstCrc, secondCrc, second.length) | 0,
    });
    await this.#file.write(headerBytes);
    await this.#file.write(first, firstCrc);
    await this.#file.write(second, secondCrc);
    this.#plainSize += headerBytes.length + plainBytes;
    await breathe();
  }

  /** Undefined if that is not worth while. The rest is behind the head then. */
  async #compress(head: ByteBuffer, rest: Uint8Array): Promise<Uint8Array | undefined> {
    head.append(rest);
    const plain = head.view();
    const isTrial = this.#codecName === undefined;
    // Levels are at the beginning, and smaller than any value is.
    const given = isTrial ? plain.subarray(-TRIAL_BYTES) : plain;
    const compressed = await this.#codec.compress(given);
    if (isTrial) this.#codecName = compressed.length > given.length * WORTHWHILE ? "UNCOMPRESSED" : this.#wantedCodec;
    if (this.#codecName === "UNCOMPRESSED") return undefined;
    return given.length === plain.length ? compressed : await this.#codec.compress(plain);
  }
}
