import type { Column, Columns, ColumnType } from "./column.js";
import type { RowType } from "./row-type-shape.js";

/** Kura's row types: its fields, in its key order (pydantic writes inherited fields first and computed ones last). */

const text = (name: string): Column => ({ name, type: "text" });
const nullable = (name: string, type: ColumnType): Column => ({ ...type, name, nullable: true });
const texts = { type: "list", items: { type: "text" } } as const satisfies ColumnType;

export interface Message {
  created_at: string;
  /** "user", "assistant", or whatever else the source has ("tool", "system"). */
  role: string;
  content: string;
}

export interface Conversation {
  chat_id: string;
  /** ISO 8601, exactly as it came in: microseconds, offset or none. */
  created_at: string;
  messages: Message[];
  /** Any JSON object. Integers beyond 2^53 are bigint. */
  metadata: Record<string, unknown>;
}

export const Conversation: RowType<Conversation> = {
  name: "conversations",
  key: "chat_id",
  columns: [
    text("chat_id"),
    { name: "created_at", type: "timestamp" },
    {
      name: "messages",
      type: "list",
      items: { type: "struct", fields: [{ name: "created_at", type: "timestamp" }, text("role"), text("content")] },
    },
    { name: "metadata", type: "json" },
  ],
};

export interface ConversationSummary {
  summary: string;
  request: string | null;
  topic: string | null;
  languages: string[] | null;
  task: string | null;
  /** 1 (none) to 5. */
  concerning_score: number | null;
  /** 1 (none) to 5. */
  user_frustration: number | null;
  assistant_errors: string[] | null;
  chat_id: string;
  metadata: Record<string, unknown>;
  embedding: number[] | null;
}

export const ConversationSummary: RowType<ConversationSummary> = {
  name: "summaries",
  key: "chat_id",
  columns: [
    text("summary"),
    nullable("request", { type: "text" }),
    nullable("topic", { type: "text" }),
    nullable("languages", texts),
    nullable("task", { type: "text" }),
    nullable("concerning_score", { type: "int32" }),
    nullable("user_frustration", { type: "int32" }),
    nullable("assistant_errors", texts),
    text("chat_id"),
    { name: "metadata", type: "json" },
    nullable("embedding", { type: "list", items: { type: "float64" } }),
  ],
};

export interface Embedding {
  chat_id: string;
  embedding: Float32Array;
}

export const Embedding: RowType<Embedding> = {
  name: "embeddings",
  key: "chat_id",
  columns: [text("chat_id"), { name: "embedding", type: "vector" }],
};

export interface Cluster {
  id: string;
  name: string;
  description: string;
  slug: string;
  chat_ids: string[];
  /** null for a root. */
  parent_id: string | null;
  /** What the file says; computed anew from `chat_ids` wherever it is shown. */
  count: number | null;
}

const clusterColumns: Columns = [
  text("id"),
  text("name"),
  text("description"),
  text("slug"),
  { name: "chat_ids", ...texts },
  nullable("parent_id", { type: "text" }),
];
const count = nullable("count", { type: "int32" });

export const Cluster: RowType<Cluster> = { name: "clusters", key: "id", columns: [...clusterColumns, count] };

export interface ProjectedCluster extends Cluster {
  x_coord: number;
  y_coord: number;
  /** Depth as the file says; computed anew from `parent_id` wherever it is shown. Roots are 0. */
  level: number;
}

export const ProjectedCluster: RowType<ProjectedCluster> = {
  name: "projected_clusters",
  key: "id",
  columns: [
    ...clusterColumns,
    { name: "x_coord", type: "float64" },
    { name: "y_coord", type: "float64" },
    { name: "level", type: "int32" },
    count,
  ],
};

/** Which row type a checkpoint of Kura's has, by its name. Nothing else repeats this list. */
export const BUILTIN_ROW_TYPES = {
  conversations: Conversation,
  summaries: ConversationSummary,
  embeddings: Embedding,
  clusters: Cluster,
  meta_clusters: Cluster,
  dimensionality: ProjectedCluster,
} as const;

export type BuiltinName = keyof typeof BUILTIN_ROW_TYPES;
export type BuiltinRow<N extends BuiltinName> = (typeof BUILTIN_ROW_TYPES)[N] extends RowType<infer R> ? R : never;
