import type { ByteSource } from "../../bytes/byte-source.js";
import type { Columns } from "../../rows/column.js";
import type { ReadOptions } from "../format.js";
import type { Assembler } from "./assembler.js";
import type { Footer } from "./footer.js";

/** A file that was opened, and how its columns become those of rows. */
export interface Table {
  readonly source: ByteSource;
  readonly options: ReadOptions;
  readonly file: Footer;
  readonly columns: Columns;
  /** By name; undefined for a column that the file does not have, whose values are null. */
  readonly assemblers: ReadonlyMap<string, Assembler | undefined>;
}
