import { reserved, wasmModule } from "../bytes/wasm-module.js";
import { type Kernel, viewsOf } from "./kernel.js";
import { NEAREST_KERNEL } from "./nearest-kernel.js";

/** @throws If there is no WebAssembly, or none with SIMD. */
export function wasmKernel(): Kernel {
  const { memory, ...loops } = wasmModule<Omit<Kernel, "name" | "reserve">>(NEAREST_KERNEL);
  return {
    name: "wasm",
    reserve: (bytes) => viewsOf(reserved(memory, bytes)),
    ...loops,
  };
}
