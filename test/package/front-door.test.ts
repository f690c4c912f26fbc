import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as frontDoor from "../../src/index.js";

/** What is exported is promised: each name that comes or goes is seen here first, types included. */

const source = readFileSync(new URL("../../src/index.ts", import.meta.url), "utf8");

/** Names in the order of the file, as they are called outside. */
function exported(): { values: string[]; types: string[] } {
  const values: string[] = [];
  const types: string[] = [];
  for (const [, isType, list] of source.matchAll(/^export (type )?\{([^}]*)\} from/gm)) {
    for (const item of list!.split(",").map((text) => text.trim())) {
      if (item === "") continue;
      const name = item.replace(/^type /, "").replace(/^.* as /, "");
      (isType || item.startsWith("type ") ? types : values).push(name);
    }
  }
  return { values, types };
}

it("the front door lists every name that it lets out", () => {
  expect(source).not.toMatch(/^export (\*|default|const|let|function|class|interface|type \w)/m);
  expect([...exported().values].sort()).toEqual(Object.keys(frontDoor).sort());
});

it("these values are promised", () => {
  expect(exported().values).toMatchInlineSnapshot(`
    [
      "AnswerStore",
      "Answers",
      "collectAnswers",
      "BaseCheckpointManager",
      "CheckpointManager",
      "compareRows",
      "HFDatasetCheckpointManager",
      "HubCheckpointManager",
      "JSONLCheckpointManager",
      "MultiCheckpointManager",
      "ParquetCheckpointManager",
      "sendCheckpoint",
      "BudgetError",
      "CallError",
      "CorruptCheckpointError",
      "DivergedError",
      "HubError",
      "InputError",
      "InvalidRowError",
      "KuraError",
      "LockedError",
      "MissingCheckpointError",
      "NewerFormatError",
      "NoGoodCopyError",
      "RowTypeMismatchError",
      "SplitError",
      "StaleCheckpointError",
      "StalledCopyError",
      "StorageError",
      "TooFewCopiesError",
      "TooManyFailuresError",
      "UnknownOutcomeError",
      "UnwritableAnswersError",
      "loadConversations",
      "embeddingModel",
      "textModel",
      "Limiter",
      "withLimits",
      "PRICES_AS_OF",
      "priceOf",
      "localEmbeddingModel",
      "Budget",
      "defineConfig",
      "conversationsFromCheckpoint",
      "conversationsFromFile",
      "conversationsFromHub",
      "embedSummaries",
      "generateBaseClustersFromConversationSummaries",
      "reduceClustersFromBaseClusters",
      "reduceDimensionalityFromClusters",
      "resumableMap",
      "pipelineStatus",
      "planPipeline",
      "runPipeline",
      "summariseConversations",
      "visualisePipelineResults",
      "visualiseFromCheckpoint",
      "BUILTIN_ROW_TYPES",
      "Cluster",
      "Conversation",
      "ConversationSummary",
      "Embedding",
      "ProjectedCluster",
      "rowType",
      "LocalStorage",
      "MemoryStorage",
    ]
  `);
});

it("these types are promised", () => {
  expect(exported().types).toMatchInlineSnapshot(`
    [
      "Agreement",
      "NewRevision",
      "Answer",
      "AnswerFailure",
      "AnswerStoreOptions",
      "Tally",
      "AnswerLimits",
      "CollectAnswersOptions",
      "Collected",
      "ChangeOptions",
      "InfoOptions",
      "LoadOptions",
      "ReadOptions",
      "Rows",
      "SaveOptions",
      "CheckpointManagerOptions",
      "StoredRevision",
      "CompareOptions",
      "RowDifference",
      "CheckpointEvent",
      "OnCheckpointEvent",
      "WarningCode",
      "Finding",
      "VerifyOptions",
      "HFDatasetCheckpointManagerOptions",
      "HubCheckpointManagerOptions",
      "HubOptions",
      "CheckpointInfo",
      "Fingerprint",
      "Revision",
      "Evidence",
      "CopyReport",
      "CopyState",
      "LoadStrategy",
      "MultiCheckpointInfo",
      "MultiCheckpointManagerOptions",
      "SaveStrategy",
      "SyncOptions",
      "CopyHealth",
      "ManagerStats",
      "MultiStats",
      "SyncedCopy",
      "SyncReport",
      "OpenCheckpoint",
      "RowOptions",
      "ParquetCheckpointManagerOptions",
      "RevisionState",
      "SendOptions",
      "Sent",
      "SweepOptions",
      "Swept",
      "CopyOutcome",
      "HubErrorKind",
      "HubCommit",
      "HubRefs",
      "LoadConversationsOptions",
      "LoadProgress",
      "EmbeddingModelOptions",
      "TextModelOptions",
      "Limits",
      "EmbeddingModel",
      "FittedEmbedding",
      "TextModel",
      "Usage",
      "Price",
      "LocalEmbeddingOptions",
      "KuraConfig",
      "ConversationSource",
      "CheckpointConversationsOptions",
      "HubConversationsOptions",
      "OnPipelineEvent",
      "PipelineEvent",
      "FailedRow",
      "Decision",
      "ResumableMapOptions",
      "ResumableMapResult",
      "RunOptions",
      "RunResult",
      "VisualiseOptions",
      "VisualiseStyle",
      "BuiltinName",
      "Message",
      "Column",
      "Columns",
      "ColumnType",
      "ColumnValue",
      "Row",
      "Condition",
      "FieldTest",
      "GivenRowOf",
      "RowOf",
      "RowType",
      "RowTypeInput",
      "StandardSchema",
      "Storage",
    ]
  `);
});
