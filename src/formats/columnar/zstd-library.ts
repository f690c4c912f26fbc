import { withOwnPart } from "./own-part.js";

type Zstd = typeof import("@bokuweb/zstd-wasm");
let zstdLoading: Promise<Zstd> | undefined;

/** WASM in every Node, though newer ones have it built in: the same rows are the same bytes everywhere. */
export function loadZstd(): Promise<Zstd> {
  zstdLoading ??= withOwnPart("@bokuweb/zstd-wasm", async () => {
    const zstd = await import("@bokuweb/zstd-wasm");
    await zstd.init();
    return zstd;
  });
  return zstdLoading;
}
