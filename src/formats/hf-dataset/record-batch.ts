import { damaged } from "../columnar/damage.js";
import type { Extent } from "./arrow-layout.js";
import type { FlatTable } from "./flatbuffers.js";

/** What the header of a record batch says: where everything is in its body. */
export interface RecordBatch {
  readonly rows: number;
  /** Two for each node: its length, and how many of it are null. */
  readonly nodes: Float64Array;
  /** Two for each buffer: where it begins in the body, and its bytes. */
  readonly buffers: Float64Array;
  readonly codec: "lz4" | "zstd" | undefined;
  readonly spans: readonly Span[];
  readonly viewCounts: Float64Array;
}

/** What one column has of a batch. */
export interface Span {
  readonly node: number;
  readonly buffer: number;
  readonly bufferEnd: number;
  readonly view: number;
}

/** Of buffers: to 8 bytes, as here, or to 64. */
const WIDEST_PADDING = 64;

const CODECS = ["lz4", "zstd"] as const;

/** @throws {Damage} If it is no batch of these fields, or leads out of its body. */
export function parseRecordBatch(header: FlatTable, extents: readonly Extent[], bodyBytes: number): RecordBatch {
  const rows = header.size(0);
  const nodes = header.sizes(1, 2);
  const buffers = header.sizes(2, 2);
  const compression = header.table(3);
  const viewCounts = header.sizes(4, 1);
  let end = 0;
  for (let at = 0; at < buffers.length; at += 2) end = Math.max(end, buffers[at]! + buffers[at + 1]!);
  if (end > bodyBytes) damaged("a batch leads out of its body");
  // The next batch, it may be, which would be passed over.
  if (bodyBytes - end >= WIDEST_PADDING) damaged("a batch has more bytes than its columns");
  const spans: Span[] = [];
  let [node, buffer, view] = [0, 0, 0];
  for (const extent of extents) {
    const bufferEnd = buffer + extent.buffers + viewBuffers(extent, viewCounts, view, buffers.length);
    spans.push({ node, buffer, bufferEnd, view });
    if ((nodes[node * 2] ?? -1) !== rows) damaged(`a batch of ${rows} rows has a column of another length`);
    node += extent.nodes;
    buffer = bufferEnd;
    view += extent.views;
  }
  if (node * 2 !== nodes.length || buffer * 2 !== buffers.length) damaged("a batch does not fit its schema");
  const codec = compression && CODECS[compression.uint8(0)];
  if (compression && (!codec || compression.uint8(1) !== 0)) damaged("a batch is compressed in an unknown way");
  return { rows, nodes, buffers, codec, spans, viewCounts };
}

function viewBuffers({ views }: Extent, counts: Float64Array, from: number, most: number): number {
  let total = 0;
  for (let index = from; index < from + views; index++)
    total += counts[index] ?? damaged("a batch does not fit its schema");
  return total <= most ? total : damaged("a batch does not fit its schema");
}
