import { quote } from "./quote.js";

/** Where an encoder writes JSON to. */
export interface JsonLine {
  /** What stands between the values of every row. */
  label(label: Label): void;
  /** ASCII, as it is. */
  ascii(text: string): void;
  /** JSON text. */
  json(text: string): void;
  /**
   * A text between quotes, with what JSON escapes.
   *
   * @throws {FieldError} For half a surrogate pair.
   */
  quoted(text: string): void;
}

export class Label {
  readonly text: string;
  readonly bytes: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.bytes = Buffer.from(text);
  }
}

export class TextLine implements JsonLine {
  text = "";

  label({ text }: Label): void {
    this.text += text;
  }

  ascii(text: string): void {
    this.text += text;
  }

  json(text: string): void {
    this.text += text;
  }

  quoted(text: string): void {
    this.text += quote(text);
  }
}
