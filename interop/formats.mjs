/** The formats that are tried, by the names of their folders: tools.py says which of them a tool reads, and how. */
export const FORMATS = {
  jsonl: {
    title: "JSON Lines",
    extension: ".jsonl",
    manager: (kura, where) => new kura.JSONLCheckpointManager(where),
  },
  parquet: parquet({}),
  "parquet-kura-python": parquet({ dialect: "kura-python" }),
  hf: {
    title: "HuggingFace datasets",
    // A directory.
    extension: "",
    manager: (kura, where) => new kura.HFDatasetCheckpointManager(where),
  },
};

/** Compressions that have a set of their own, called after them; all other sets are written with the default, snappy. */
export const CODECS = ["gzip", "brotli", "lz4", "zstd", "none"];

function parquet(options) {
  return {
    title: "Parquet",
    extension: ".parquet",
    manager: (kura, where, set) =>
      new kura.ParquetCheckpointManager(where, { ...options, ...(CODECS.includes(set) && { compression: set }) }),
  };
}
