import { crc32 } from "node:zlib";
import { breathe } from "./breathe.js";
import type { ByteBuffer } from "./byte-buffer.js";
import type { Codec } from "./codecs.js";
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

/** Where compressing the first page saves less than a tenth, the chunk is stored as it is: it is read faster than the tenth is. */
const WORTHWHILE = 0.9;

export interface ChunkOptions {
  codec: Codec;
  codecName: CodecName;
}

/** Pages with their headers, one after another. */
export class ChunkBuilder {
  readonly #out: ByteBuffer;
  readonly #options: ChunkOptions;
  #codecName: CodecName | undefined;
  readonly #encodings = new Set<Encoding>();
  #plainSize = 0;
  #dictionaryOffset: number | undefined;
  #dataOffset: number | undefined;

  constructor(out: ByteBuffer, options: ChunkOptions) {
    this.#out = out;
    this.#options = options;
    out.length = 0;
  }

  get metadata(): ColumnMetaData {
    return {
      encodings: [...this.#encodings].map((encoding) => ENCODINGS.indexOf(encoding)),
      codec: CODECS.indexOf(this.#codecName ?? "UNCOMPRESSED"),
      total_uncompressed_size: this.#plainSize,
      total_compressed_size: this.#out.length,
      data_page_offset: this.#dataOffset ?? 0,
      dictionary_page_offset: this.#dictionaryOffset,
    };
  }

  async addDictionary(body: Uint8Array, size: number): Promise<void> {
    this.#dictionaryOffset = this.#out.length;
    this.#encodings.add("PLAIN");
    await this.#add(body, {
      type: PAGE_TYPES.indexOf("DICTIONARY_PAGE"),
      dictionary_page_header: { num_values: size, encoding: ENCODINGS.indexOf("PLAIN") },
    });
  }

  async addData(body: Uint8Array, slots: number, encoding: Encoding): Promise<void> {
    this.#dataOffset ??= this.#out.length;
    this.#encodings.add("RLE").add(encoding);
    await this.#add(body, {
      type: PAGE_TYPES.indexOf("DATA_PAGE"),
      data_page_header: {
        num_values: slots,
        encoding: ENCODINGS.indexOf(encoding),
        definition_level_encoding: ENCODINGS.indexOf("RLE"),
        repetition_level_encoding: ENCODINGS.indexOf("RLE"),
      },
    });
  }

  async #add(body: Uint8Array, header: PageHeader): Promise<void> {
    const { codec, codecName } = this.#options;
    let stored = body;
    if (this.#codecName !== "UNCOMPRESSED") {
      const compressed = codec.compress(body);
      stored = compressed instanceof Promise ? await compressed : compressed;
      this.#codecName ??= stored.length > body.length * WORTHWHILE ? "UNCOMPRESSED" : codecName;
      if (this.#codecName === "UNCOMPRESSED") stored = body;
    }
    const headerBytes = encodeThrift(PageHeader, {
      ...header,
      uncompressed_page_size: body.length,
      compressed_page_size: stored.length,
      crc: crc32(stored) | 0,
    });
    this.#out.append(headerBytes);
    this.#out.append(stored);
    this.#plainSize += headerBytes.length + body.length;
    await breathe();
  }
}
