import { reserved, wasmModule } from "../bytes/wasm-module.js";
import { powerTable } from "./power-table.js";
import { CURVE, STRANGERS, type Umap } from "./umap.js";
import type { UmapGraph } from "./umap-graph.js";
import { UMAP_KERNEL } from "./umap-kernel.js";

/** Of an edge and of a place, as umap-kernel.wat has them. */
const EDGE_BYTES = 32;
const PLACE_BYTES = 16;

interface Exports {
  /** Of the random numbers. */
  readonly state: { value: number };
  epoch(
    edges: number,
    edgesEnd: number,
    places: number,
    count: number,
    powers: number,
    a: number,
    b: number,
    epoch: number,
    alpha: number,
  ): void;
}

/** @throws If there is no WebAssembly, or none with SIMD. */
export function wasmUmap({ from, to, period }: UmapGraph, start: Float64Array, seed: number): Umap {
  const { memory, state, epoch } = wasmModule<Exports>(UMAP_KERNEL);
  const { a, b } = CURVE;
  const powers = [powerTable(b), powerTable(b - 1)];
  const at = { places: 0, edges: start.byteLength, powers: start.byteLength + from.length * EDGE_BYTES };
  const buffer = reserved(memory, at.powers + powers[0]!.byteLength + powers[1]!.byteLength);
  const places = new Float64Array(buffer, at.places, start.length);
  places.set(start);
  const edges = new DataView(buffer, at.edges);
  for (let edge = 0; edge < from.length; edge++) {
    const record = edge * EDGE_BYTES;
    edges.setFloat64(record, period[edge]!, true);
    edges.setFloat64(record + 8, period[edge]! / STRANGERS, true);
    edges.setFloat64(record + 16, period[edge]!, true);
    edges.setInt32(record + 24, at.places + from[edge]! * PLACE_BYTES, true);
    edges.setInt32(record + 28, at.places + to[edge]! * PLACE_BYTES, true);
  }
  new Float64Array(buffer, at.powers).set([...powers[0]!, ...powers[1]!]);
  state.value = seed | 0;
  return {
    places,
    epoch(number, alpha) {
      epoch(at.edges, at.powers, at.places, start.length / 2, at.powers, a, b, number, alpha);
    },
  };
}
