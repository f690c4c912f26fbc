import type { Kernel } from "./kernel.js";
import { NEAREST_KERNEL } from "./nearest-kernel.js";
import { reserved, wasmModule } from "./wasm-module.js";

/** @throws If there is no WebAssembly, or none with SIMD. */
export function wasmKernel(): Kernel {
  const { memory, nearest, dots } = wasmModule<Pick<Kernel, "nearest" | "dots">>(NEAREST_KERNEL);
  return {
    name: "wasm",
    reserve(bytes) {
      const buffer = reserved(memory, bytes);
      return { floats: new Float32Array(buffer), integers: new Int32Array(buffer) };
    },
    nearest,
    dots,
  };
}
