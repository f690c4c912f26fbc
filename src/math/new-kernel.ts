import { jsKernel } from "./js-kernel.js";
import type { Kernel } from "./kernel.js";
import { wasmKernel } from "./wasm-kernel.js";

/**
 * One with a memory of its own: whoever awaits between calls needs his own. In JavaScript where WebAssembly or its SIMD is missing
 * (`node --jitless`, processors before SSE4.1): a few times slower, results equal to float32 rounding.
 */
export function newKernel(): Kernel {
  try {
    return wasmKernel();
  } catch {
    return jsKernel();
  }
}
