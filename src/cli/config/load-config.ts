import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { jsonFault } from "../../loaders/json-fault.js";
import type { KuraConfig, PromptSetting } from "../../pipeline/config.js";
import { UsageError } from "../failure.js";
import { problemOf } from "./shape.js";

/** Looked for in this order; two of them in one directory are refused. */
const NAMES = ["kura.config.mjs", "kura.config.mts", "kura.config.json"] as const;

/** Understood by every command that reads a config. */
export const CONFIG_OPTION = {
  kind: "text",
  value: "file",
  about: `options in a file (default: ${NAMES.join(", ")} of this directory, if there is one)`,
} as const;

export interface LoadedConfig {
  readonly config: KuraConfig;
  /** Where it came from; undefined if there is none. */
  readonly path: string | undefined;
}

/**
 * The config file that is named, else the one in `directory`, else an empty config.
 *
 * @throws {UsageError} Naming file and field, for what is no config.
 */
export async function loadConfig(named: string | undefined, directory = "."): Promise<LoadedConfig> {
  const path = named ?? foundIn(directory);
  if (path === undefined) return { config: {}, path };
  const value = await contentOf(path);
  const problem = problemOf(value);
  if (problem !== undefined) throw new UsageError(`cannot use ${path}: ${problem}`);
  return { config: value as KuraConfig, path };
}

function foundIn(directory: string): string | undefined {
  const found = NAMES.filter((name) => existsSync(join(directory, name)));
  if (found.length > 1)
    throw new UsageError(`there are ${found.join(" and ")}: which one counts?`, "--config names it");
  return found[0] && join(directory, found[0]);
}

async function contentOf(path: string): Promise<unknown> {
  if (extname(path) === ".json") return jsonOf(path);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    const { code, name, message } = error as NodeJS.ErrnoException;
    if (!existsSync(path)) throw new UsageError(`there is no config file ${path}`);
    if (code === "ERR_UNKNOWN_FILE_EXTENSION")
      throw new UsageError(`cannot use ${path}: this version of Node does not load it`, "name it kura.config.mjs");
    throw new UsageError(`cannot use ${path}: it does not load: ${name}: ${message}`);
  }
  if (!("default" in exported))
    throw new UsageError(`cannot use ${path}: it has no default export`, "export default { … }");
  return exported["default"];
}

function jsonOf(path: string): unknown {
  const text = textOf(path, (reason) => new UsageError(`cannot read config file ${path}: ${reason}`));
  const fault = jsonFault(text);
  if (!fault) return JSON.parse(text);
  const before = text.slice(0, fault.at).split("\n");
  throw new UsageError(
    `cannot use ${path}: it is no JSON from line ${before.length}, column ${before.at(-1)!.length + 1} on`,
  );
}

/**
 * The text of a prompt.
 *
 * @param field Of the config at `path`, for saying which file cannot be read.
 */
export function promptText(setting: PromptSetting | undefined, field: string, path = "."): string | undefined {
  if (typeof setting !== "object") return setting;
  const file = join(dirname(path), setting.file);
  return textOf(file, (reason) => new UsageError(`cannot use ${path}: ${field}.file: cannot read ${file}: ${reason}`));
}

function textOf(path: string, failure: (reason: string) => UsageError): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure(code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a directory" : message);
  }
}
