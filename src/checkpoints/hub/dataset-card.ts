import type { Column, ColumnValue } from "../../rows/column.js";
import type { Manifest } from "../manifest.js";
import { CARD_PATH, cardParts, dataFilesOf } from "./card.js";
import { loadLine, SPLIT } from "./load-line.js";

/** A checkpoint, as the card of its dataset tells of it. */
export interface CardEntry {
  readonly name: string;
  /** Of its file, relative to the dataset. */
  readonly path: string;
  readonly manifest: Manifest | undefined;
  /** Whether the change that the card is written for saves it; else a config of that name that holds other files stays. */
  readonly isSaved: boolean;
}

const BEGIN = "<!-- kura: checkpoints -->";
const END = "<!-- /kura -->";

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
  const { yaml = "", body } = cardParts(card ?? "");
  const { front, ours } = await frontMatter(yaml, entries, wasOurs);
  const text = body || `\n# ${id.split("/")[1]}\n`;
  return `---\n${front}---\n${withSection(text, section(id, ours))}`;
}

async function frontMatter(
  yaml: string,
  entries: readonly CardEntry[],
  wasOurs: (path: string) => boolean,
): Promise<{ front: string; ours: readonly CardEntry[] }> {
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

  const nameOf = (item: unknown) => (isMap(item) ? String(item.get("config_name") ?? "default") : undefined);
  const filesOf = (item: unknown) =>
    isMap(item) ? dataFilesOf((item.toJSON() as { data_files?: unknown }).data_files).map(({ path }) => path) : [];
  // Somebody put other files in its place since it was saved.
  const isTheirs = ({ name, path, isSaved }: CardEntry) => {
    const files = filesOf(configs.items.find((item) => nameOf(item) === name));
    return !isSaved && files.length > 0 && !files.includes(path);
  };
  const ours = entries.filter((entry) => !isTheirs(entry));
  const paths = new Map(ours.map(({ name, path }) => [name, path]));
  configs.items = configs.items.filter((item) => {
    const name = nameOf(item);
    if (name === undefined || paths.has(name)) return true;
    const [path, ...others] = filesOf(item);
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
  const isEmpty = isMap(contents) && contents.items.length === 0;
  return { front: isEmpty ? "" : document.toString({ lineWidth: 0, indentSeq: false }), ours };
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
