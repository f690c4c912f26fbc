import type { Cluster, Conversation, ConversationSummary } from "../rows/builtin.js";

/*
 * What of a row is embedded or shown to a model: its words, never its ids or metadata, which would steer clusters and leak what was
 * never meant to be sent.
 */

/** Who said what, a message after the other. */
export function renderConversation({ messages }: Conversation): string {
  return messages.map(({ role, content }) => `${role}: ${content}`).join("\n");
}

export function renderSummary({ summary, request, topic, task }: ConversationSummary): string {
  const parts = [placeOf(request, summary) ? null : request, summary, topic, task];
  return parts.filter((part) => part !== null && part !== "").join("\n");
}

/** For naming a group: the request first, then what else was said. */
export function renderForNaming({ summary, request }: ConversationSummary): string {
  if (request === null || request === "") return summary;
  const place = placeOf(request, summary);
  return `${request}\n${place ? summary.slice(0, place.start) + summary.slice(place.end) : summary}`;
}

export function renderCluster({ name, description }: Cluster): string {
  return `${name}\n${description}`;
}

/** Where a summary that is made of the conversation's own words quotes the request. */
function placeOf(request: string | null, summary: string): { start: number; end: number } | undefined {
  const words = request?.replace(/[….?!,;:\s]+$/u, "").toLowerCase();
  if (!words) return undefined;
  const start = summary.toLowerCase().indexOf(words);
  return start < 0 ? undefined : { start, end: start + words.length };
}
