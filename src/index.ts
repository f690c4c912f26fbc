/*
 * The front door, written by hand. What is not here is not promised; what is here loads nothing heavy, as
 * scripts/check-import-time.mjs watches: packages load when they are first used.
 */

// Checkpoints
export type { Agreement, NewRevision } from "./checkpoints/agreement.js";
// A map that is not paid for twice
export type { Answer, AnswerFailure } from "./checkpoints/answers/answer.js";
export { AnswerStore, type AnswerStoreOptions } from "./checkpoints/answers/answer-store.js";
export { Answers, type Tally } from "./checkpoints/answers/answers.js";
export {
  type AnswerLimits,
  type CollectAnswersOptions,
  collectAnswers,
} from "./checkpoints/answers/collect-answers.js";
export type { Collected } from "./checkpoints/answers/collect-options.js";
export {
  BaseCheckpointManager,
  type ChangeOptions,
  type InfoOptions,
  type LoadOptions,
  type ReadOptions,
  type Rows,
  type SaveOptions,
} from "./checkpoints/base-checkpoint-manager.js";
export {
  CheckpointManager,
  type CheckpointManagerOptions,
  type StoredRevision,
} from "./checkpoints/checkpoint-manager.js";
export { type CompareOptions, compareRows, type RowDifference } from "./checkpoints/compare-rows.js";
export type { CheckpointEvent, OnCheckpointEvent, WarningCode } from "./checkpoints/event.js";
export type { Finding, VerifyOptions } from "./checkpoints/finding.js";
export {
  HFDatasetCheckpointManager,
  type HFDatasetCheckpointManagerOptions,
} from "./checkpoints/hf-dataset-checkpoint-manager.js";
export {
  HubCheckpointManager,
  type HubCheckpointManagerOptions,
  type HubOptions,
} from "./checkpoints/hub-checkpoint-manager.js";
export type { CheckpointInfo } from "./checkpoints/info.js";
export { JSONLCheckpointManager } from "./checkpoints/jsonl-checkpoint-manager.js";
export type { Fingerprint, Revision } from "./checkpoints/manifest.js";
export type { Evidence } from "./checkpoints/match.js";
export type { CopyReport } from "./checkpoints/multi/copy-report.js";
export type { CopyState } from "./checkpoints/multi/copy-state.js";
export type { LoadStrategy } from "./checkpoints/multi/load-order.js";
export {
  type MultiCheckpointInfo,
  MultiCheckpointManager,
  type MultiCheckpointManagerOptions,
  type SaveStrategy,
  type SyncOptions,
} from "./checkpoints/multi/multi-checkpoint-manager.js";
export type { CopyHealth, ManagerStats, MultiStats } from "./checkpoints/multi/stats.js";
export type { SyncedCopy, SyncReport } from "./checkpoints/multi/sync-checkpoint.js";
export type { OpenCheckpoint, RowOptions } from "./checkpoints/open-checkpoint.js";
export {
  ParquetCheckpointManager,
  type ParquetCheckpointManagerOptions,
} from "./checkpoints/parquet-checkpoint-manager.js";
export type { RevisionState } from "./checkpoints/revision-state.js";
export { type SendOptions, type Sent, sendCheckpoint } from "./checkpoints/send-checkpoint.js";
export type { SweepOptions, Swept } from "./checkpoints/sweep-checkpoint.js";
// Errors
export {
  BudgetError,
  CallError,
  type CopyOutcome,
  CorruptCheckpointError,
  DivergedError,
  HubError,
  type HubErrorKind,
  InputError,
  InvalidRowError,
  KuraError,
  LockedError,
  MissingCheckpointError,
  NewerFormatError,
  NoGoodCopyError,
  RowTypeMismatchError,
  SplitError,
  StaleCheckpointError,
  StalledCopyError,
  StorageError,
  TooFewCopiesError,
  TooManyFailuresError,
  UnknownOutcomeError,
  UnwritableAnswersError,
} from "./errors.js";
export type { HubCommit, HubRefs } from "./hub/versions.js";
// Conversations from other people's exports
export { type LoadConversationsOptions, type LoadProgress, loadConversations } from "./loaders/load-conversations.js";
// Models
export {
  type EmbeddingModelOptions,
  embeddingModel,
  type TextModelOptions,
  textModel,
} from "./models/ai-sdk.js";
export { Limiter, type Limits, withLimits } from "./models/limits.js";
export type { EmbeddingModel, FittedEmbedding, TextModel, Usage } from "./models/model.js";
export { PRICES_AS_OF, type Price, priceOf } from "./models/prices.js";
export { type LocalEmbeddingOptions, localEmbeddingModel } from "./models/transformers.js";
export { Budget } from "./pipeline/budget.js";
export { defineConfig, type KuraConfig } from "./pipeline/config.js";
export type { ConversationSource } from "./pipeline/conversation-source.js";
export {
  type CheckpointConversationsOptions,
  conversationsFromCheckpoint,
} from "./pipeline/conversations-from-checkpoint.js";
export { conversationsFromFile } from "./pipeline/conversations-from-file.js";
export { conversationsFromHub, type HubConversationsOptions } from "./pipeline/conversations-from-hub.js";
// The pipeline
export { embedSummaries } from "./pipeline/embed-summaries.js";
export type { OnPipelineEvent, PipelineEvent } from "./pipeline/event.js";
export type { FailedRow } from "./pipeline/failures.js";
export { generateBaseClustersFromConversationSummaries } from "./pipeline/generate-base-clusters.js";
export type { Decision } from "./pipeline/plan.js";
export { reduceClustersFromBaseClusters } from "./pipeline/reduce-clusters.js";
export { reduceDimensionalityFromClusters } from "./pipeline/reduce-dimensionality.js";
export { type ResumableMapOptions, type ResumableMapResult, resumableMap } from "./pipeline/resumable-map.js";
export { pipelineStatus, planPipeline, type RunOptions, type RunResult, runPipeline } from "./pipeline/run.js";
export { summariseConversations } from "./pipeline/summarise-conversations.js";
export { type VisualiseOptions, type VisualiseStyle, visualisePipelineResults } from "./pipeline/visualise.js";
export { visualiseFromCheckpoint } from "./pipeline/visualise-from-checkpoint.js";
// Rows
export {
  BUILTIN_ROW_TYPES,
  type BuiltinName,
  Cluster,
  Conversation,
  ConversationSummary,
  Embedding,
  type Message,
  ProjectedCluster,
} from "./rows/builtin.js";
export type { Column, Columns, ColumnType, ColumnValue, Row } from "./rows/column.js";
export type { Condition, FieldTest } from "./rows/condition.js";
export {
  type GivenRowOf,
  type RowOf,
  type RowType,
  type RowTypeInput,
  rowType,
  type StandardSchema,
} from "./rows/row-type.js";
// Storages
export { LocalStorage } from "./storage/local.js";
export { MemoryStorage } from "./storage/memory.js";
export type { Storage } from "./storage/storage.js";

// Programs that are compiled without the types of Node or a browser have no other; with them, this adds nothing.
declare global {
  interface AbortSignal {}
}
