import { damaged } from "../columnar/damage.js";

/** The nodes and buffers of one column of a batch, taken one after another in the order of its fields. */
export class ColumnBuffers {
  readonly #nodes: Float64Array;
  readonly #buffers: readonly Uint8Array[];
  readonly #viewCounts: Float64Array;
  #node: number;
  #buffer = 0;
  #view: number;

  constructor(
    { nodes, viewCounts }: { nodes: Float64Array; viewCounts: Float64Array },
    { node, view }: { node: number; view: number },
    buffers: readonly Uint8Array[],
  ) {
    this.#nodes = nodes;
    this.#viewCounts = viewCounts;
    this.#node = node;
    this.#view = view;
    this.#buffers = buffers;
  }

  nextNode(): { length: number; nulls: number } {
    const at = this.#node++ * 2;
    const [length, nulls] = [this.#nodes[at]!, this.#nodes[at + 1]!];
    if (nulls > length) damaged("a column has more nulls than values");
    return { length, nulls };
  }

  nextBuffer(): Uint8Array {
    return this.#buffers[this.#buffer++]!;
  }

  nextViewCount(): number {
    return this.#viewCounts[this.#view++]!;
  }

  skip({ nodes, buffers, views }: { nodes: number; buffers: number; views: number }): void {
    this.#node += nodes;
    this.#buffer += buffers;
    for (let left = views; left > 0; left--) this.#buffer += this.nextViewCount();
  }
}
