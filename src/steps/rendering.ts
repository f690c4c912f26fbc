import type { Cluster, ConversationSummary } from "../rows/builtin.js";

/*
 * What of a row is embedded or shown to a model: its words, never its ids or metadata, which would steer clusters and leak what was
 * never meant to be sent.
 */

export function renderSummary({ summary, request, topic, task }: ConversationSummary): string {
  // A summary made of the conversation's own words begins with the request.
  const parts = [summary.startsWith(request?.replace(/…$/, "") ?? "\0") ? null : request, summary, topic, task];
  return parts.filter((part) => part !== null && part !== "").join("\n");
}

export function renderCluster({ name, description }: Cluster): string {
  return `${name}\n${description}`;
}
