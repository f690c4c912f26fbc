import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type LoadConversationsOptions, loadConversations } from "../../src/loaders/load-conversations.js";
import type { Conversation } from "../../src/rows/builtin.js";

/** A file that is gone after the test. Its name says nothing: formats are told by content. */
export function inputFile(content: string | Uint8Array): string {
  const path = join(inputDirectory(), "input");
  writeFileSync(path, content);
  return path;
}

export function inputDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "kura-loaders-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

export async function collect(path: string, options?: LoadConversationsOptions): Promise<Conversation[]> {
  const found: Conversation[] = [];
  for await (const conversation of loadConversations(path, options)) found.push(conversation);
  return found;
}

export async function collectWithWarnings(path: string): Promise<{ found: Conversation[]; warnings: string[] }> {
  const warnings: string[] = [];
  const found = await collect(path, { onWarning: (message) => warnings.push(message) });
  return { found, warnings };
}

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

export const line = (value: unknown) => `${JSON.stringify(value)}\n`;

export const kura = (chat_id: string, content = "hello") => ({
  chat_id,
  created_at: "2025-01-01T00:00:00",
  messages: [{ created_at: "2025-01-01T00:00:00", role: "user", content }],
  metadata: {},
});
