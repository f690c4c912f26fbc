/** A Buffer with the methods behind `write` and `toString`: in every Node, undeclared, and faster for short texts. */
export type TextBuffer = Buffer & {
  utf8Write(text: string, at: number): number;
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
};

/** Bytes that are appended to one another; keeps its memory when it is emptied. Little-endian, as Parquet is. */
export class ByteBuffer {
  bytes: TextBuffer;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity) as TextBuffer;
  }

  /** Room for so many more bytes; `bytes` may be another object afterwards. */
  reserve(byteLength: number): void {
    const wanted = this.length + byteLength;
    if (wanted <= this.bytes.length) return;
    // By four: what is never touched takes no memory, and what is copied has to be touched again.
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.bytes.length * 4)) as TextBuffer;
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A view, good until more is appended. */
  view(start = 0, end = this.length): Buffer {
    return this.bytes.subarray(start, end);
  }
}
