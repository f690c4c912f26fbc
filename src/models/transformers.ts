import { CallError } from "../errors.js";
import { importPeer } from "./import-peer.js";
import type { EmbeddingModel } from "./model.js";

export interface LocalEmbeddingOptions {
  /** Where models are that were fetched before, or will be; default: the package's own. */
  cacheDirectory?: string | undefined;
  /** Fetch a model that is neither there nor a directory from the Hugging Face Hub. Not by default: nothing here calls anybody unasked. */
  download?: boolean | undefined;
  /** Of the weights: "fp32" (default), "fp16", "q8", "q4" …, if the model has such a file. */
  dtype?: string | undefined;
  /** 128, as in Kura. */
  textsPerCall?: number | undefined;
}

/** `@huggingface/transformers` 3 and 4, as far as they are used. */
interface Transformers {
  pipeline(
    task: "feature-extraction",
    model: string,
    options: { dtype: string; local_files_only: boolean; cache_dir?: string },
  ): Promise<Extractor>;
}

type Extractor = (
  texts: string[],
  options: { pooling: "mean"; normalize: true },
) => Promise<{ readonly dims: readonly number[]; readonly data: Float32Array }>;

/**
 * A sentence encoder on this machine, by transformers.js (`npm install @huggingface/transformers`): a directory with a model in ONNX form, or
 * the name of one in its cache, such as "Xenova/all-MiniLM-L6-v2". Vectors are means over tokens, of length 1. Calls are made one after the
 * other, as each uses all cores.
 */
export function localEmbeddingModel(
  model: string,
  { cacheDirectory, download = false, dtype = "fp32", textsPerCall = 128 }: LocalEmbeddingOptions = {},
): EmbeddingModel {
  const id = `transformers/${model}?dtype=${dtype}`;
  let loading: Promise<Extractor> | undefined;
  const load = async (): Promise<Extractor> => {
    const { pipeline } = await importPeer<Transformers>("@huggingface/transformers", `embed with ${model}`);
    try {
      const cache = cacheDirectory === undefined ? {} : { cache_dir: cacheDirectory };
      return await pipeline("feature-extraction", model, { dtype, local_files_only: !download, ...cache });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const remedy = download ? "" : "; give the directory it is in, or download: true";
      throw new CallError("fatal", "not loadable", `Cannot load model "${model}": ${reason}${remedy}`, {
        cause: error,
      });
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  const embed = async (texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> => {
    signal?.throwIfAborted();
    loading ??= load();
    const { dims, data } = await (await loading)([...texts], { pooling: "mean", normalize: true });
    const [rows = 0, columns = 0] = dims;
    return Array.from({ length: rows }, (_, row) => data.slice(row * columns, (row + 1) * columns));
  };
  return {
    id,
    textsPerCall,
    async ready() {
      loading ??= load();
      await loading;
    },
    async embed(texts, { signal, onWait } = {}) {
      onWait?.(last);
      const vectors = last.then(() => embed(texts, signal));
      last = vectors.catch(() => {});
      return { vectors: await vectors };
    },
  };
}
