import { jsUmap } from "./js-umap.js";
import type { NewUmap } from "./umap.js";
import { wasmUmap } from "./wasm-umap.js";

/** In JavaScript where WebAssembly or its SIMD is missing: several times slower, with the same places. */
export const newUmap: NewUmap = (...args) => {
  try {
    return wasmUmap(...args);
  } catch {
    return jsUmap(...args);
  }
};
