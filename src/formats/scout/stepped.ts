import type { ByteSource } from "../../bytes/byte-source.js";
import type { Row } from "../../rows/column.js";
import type { Pace } from "../columnar/pace.js";
import type { BatchOptions, OpenPart, ReadOptions, RowReader } from "../format.js";

/** Rows of files that were opened, made in steps of a few hundred: who reads can be waited for between any two. */
export interface SteppedReader extends Pick<RowReader, "columns" | "split"> {
  readonly rowCount: number;
  /** Whether pieces vouch for every byte. */
  readonly isVerified: boolean;
  batches(options: BatchOptions, escort?: Escort): AsyncIterable<Row[]>;
}

/** What comes with a reading: who is waited for, and what stands before each file. */
export interface Escort {
  readonly pace: Pace;
  /** @param name Of a part; "" of the head. */
  guard?(source: ByteSource, name: string): ByteSource;
}

/** The same two processes must come to the same: nothing but this decides what is read. */
export type OpenStepped = (head: ByteSource, options: ReadOptions, openPart: OpenPart) => Promise<SteppedReader>;
