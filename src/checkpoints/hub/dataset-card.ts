import type { Column, ColumnValue } from "../../rows/column.js";
import type { Manifest } from "../manifest.js";
import { loadLine, SPLIT } from "./load-line.js";

/** A checkpoint, as the card of its dataset tells of it. */
export interface CardEntry {
  readonly name: string;
  /** Of its file, relative to the dataset. */
  readonly path: string;
  readonly manifest: Manifest | undefined;
}

export const CARD_PATH = "README.md";

const BEGIN = "<!-- kura: checkpoints -->";
const END = "<!-- /kura -->";
const FRONT_MATTER = /^---[ \t]*\r?\n([\s\S]*?)\r?\n?---[ \t]*(?:\r?\n|$)/;

/**
 * The card of a dataset, which makes each checkpoint a config and tells what it is. What the user wrote stays, in its order, with its
 * comments; of ours only what changed does.
 *
 * @param wasOurs Whether a path is, or was, the file of a checkpoint.
 * @throws {RangeError} If the card begins with YAML that nobody can read.
 */
export async function datasetCard(
  card: string | undefined,
  { id, entries, wasOurs }: { id: string; entries: readonly CardEntry[]; wasOurs: (path: string) => boolean },
): Promise<string> {
  const text = card ?? "";
  const [whole = "", yaml = ""] = FRONT_MATTER.exec(text) ?? [];
  const body = text.slice(whole.length) || `\n# ${id.split("/")[1]}\n`;
  const front = await frontMatter(yaml, entries, wasOurs);
  return `---\n${front}---\n${withSection(body, section(id, entries))}`;
}

async function frontMatter(
  yaml: string,
  entries: readonly CardEntry[],
  wasOurs: (path: string) => boolean,
): Promise<string> {
  const { isMap, isSeq, parseDocument, YAMLSeq } = await import("yaml");
  const document = parseDocument(yaml, { keepSourceTokens: true });
  const refuse = (reason: string) =>
    new RangeError(
      `Cannot write the card of the dataset: the YAML at the head of its ${CARD_PATH} ${reason}; correct it there`,
    );
  if (document.errors[0]) throw refuse(`cannot be read (${document.errors[0].message.split("\n")[0]})`);
  if (document.contents === null) document.contents = document.createNode({}) as never;
  if (!isMap(document.contents)) throw refuse("is no mapping");
  if (!document.has("configs")) document.set("configs", new YAMLSeq());
  const configs = document.get("configs");
  if (!isSeq(configs)) throw refuse('has "configs" which are no list');

  const paths = new Map(entries.map(({ name, path }) => [name, path]));
  const nameOf = (item: unknown) => (isMap(item) ? String(item.get("config_name") ?? "default") : undefined);
  configs.items = configs.items.filter((item) => {
    const name = nameOf(item);
    if (name === undefined || paths.has(name)) return true;
    const [path, ...others] = pathsOf((item as { toJSON(): { data_files?: unknown } }).toJSON().data_files);
    return path === undefined || others.length > 0 || !wasOurs(path);
  });
  for (const [name, path] of paths) {
    const files = [{ split: SPLIT, path }];
    const there = configs.items.find((item) => nameOf(item) === name);
    if (!there) configs.add(document.createNode({ config_name: name, data_files: files }));
    else if (isMap(there) && JSON.stringify(there.toJSON().data_files) !== JSON.stringify(files))
      there.set("data_files", document.createNode(files));
  }
  // What it says of the columns of a config is believed by `datasets`, and was said of other files.
  const infos = document.get("dataset_info");
  if (isMap(infos) && paths.has(nameOf(infos)!)) document.delete("dataset_info");
  if (isSeq(infos)) {
    infos.items = infos.items.filter((item) => !paths.has(nameOf(item)!));
    if (infos.items.length === 0) document.delete("dataset_info");
  }
  if (configs.items.length === 0) document.delete("configs");
  const { contents } = document;
  return isMap(contents) && contents.items.length === 0 ? "" : document.toString({ lineWidth: 0, indentSeq: false });
}

function pathsOf(dataFiles: unknown): string[] {
  if (typeof dataFiles === "string") return [dataFiles];
  if (!Array.isArray(dataFiles)) return [];
  return dataFiles.flatMap((file: unknown) =>
    pathsOf(typeof file === "string" ? file : (((file ?? {}) as { path?: unknown }).path ?? [])),
  );
}

function withSection(body: string, section: string): string {
  const begin = body.indexOf(BEGIN);
  const end = body.indexOf(END, begin);
  if (begin >= 0 && end >= 0) return body.slice(0, begin) + section + body.slice(end + END.length);
  return `${body.replace(/\n*$/, "\n\n")}${section}\n`;
}

function section(id: string, entries: readonly CardEntry[]): string {
  if (entries.length === 0) return `${BEGIN}\n${END}`;
  const first = entries.find(({ name }) => name === "summaries") ?? entries[0]!;
  const rows = entries.map(({ name, path, manifest }) => {
    if (!manifest) return `| \`${name}\` | | | saved by another program as \`${path}\` | |`;
    const { rows, missing, revision, rowType } = manifest;
    const complete = missing.length === 0 ? "" : ` (${missing.length} missing)`;
    const at = revision.savedAt.slice(0, 16).replace("T", " ");
    const columns = rowType.columns.map((column) => `\`${column.name}\` ${spell(column)}`).join(", ");
    return `| \`${name}\` | ${rows}${complete} | ${at} | ${madeFrom(manifest)} | ${columns} |`;
  });
  return [
    BEGIN,
    "",
    "## Checkpoints",
    "",
    "| config | rows | saved (UTC) | made from | columns |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "```python",
    loadLine(id, first.name),
    "```",
    "",
    END,
  ].join("\n");
}

/** Whether an item may be null is not said: "list of text?" is a list that may be. */
function spell(column: Column): string {
  return `${spellType(column)}${column.nullable ? "?" : ""}`;
}

const spellType = (column: ColumnValue): string =>
  column.type === "list" ? `list of ${spellType(column.items)}` : column.type;

/** The values of a fingerprint that say something in a word. */
function madeFrom({ fingerprint = {} }: Manifest): string {
  const words = Object.entries(fingerprint).filter(([, value]) => ["string", "number"].includes(typeof value));
  const short = words.filter(([, value]) => String(value).length <= 40).slice(0, 6);
  return short.map(([key, value]) => `${key} ${String(value).replace(/[|\n`<]/g, " ")}`).join(", ");
}
