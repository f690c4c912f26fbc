import { KuraError } from "../errors.js";
import type { Cluster } from "../rows/builtin.js";
import { cutToWidth, displayWidth, printable } from "./visualise-text.js";

export const VISUALISE_STYLES = ["basic", "enhanced", "rich"] as const;
export type VisualiseStyle = (typeof VISUALISE_STYLES)[number];

export interface VisualiseOptions {
  /**
   * basic: names and counts. enhanced: also shares of all conversations, bars, descriptions of the roots and statistics. rich: also
   * descriptions of all clusters, cut to 80 cells, the sizes of the roots, and colours.
   */
  style?: VisualiseStyle;
  /** In terminal cells; names and descriptions are cut to it. */
  width?: number;
  /** Whether `rich` may use ANSI colours. */
  color?: boolean;
  /** How many levels of the tree to draw, from the roots on; all by default. Statistics are always of all. */
  levels?: number;
}

/** A cluster with what its place in the hierarchy says about it. */
interface Node {
  readonly cluster: Cluster;
  readonly children: Node[];
  /** Of the cluster and everything below it. */
  readonly chatIds: Set<string>;
  level: number;
}

const OPTIONS: readonly string[] = ["style", "width", "color", "levels"];
const CLUSTER_FIELDS = ["id", "name", "description", "chat_ids"] as const;
const MIN_WIDTH = 40;
/** A name is never cut below this: deep in a tree lines grow wider instead. */
const MIN_NAME = 10;
/** As Python's Kura cuts it. */
const RICH_DESCRIPTION = 80;
const BAR_CELLS = { basic: 0, enhanced: 20, rich: 15 } as const;
const ROOT_SIZES = [
  { label: "Large (>100)", from: 101 },
  { label: "Medium (21-100)", from: 21 },
  { label: "Small (6-20)", from: 6 },
  { label: "Tiny (1-5)", from: 1 },
] as const;

/**
 * The hierarchy as a tree of text, without a last newline: siblings by size, then by name. Bars compare clusters with the largest root.
 *
 * Counts and levels are computed from `chat_ids` and `parent_id`, whatever the rows say: a cluster counts the distinct conversations of
 * itself and all below it. One whose parent is not there is a root.
 *
 * @throws {TypeError | RangeError} For an unknown option or style, a row that is no cluster, a width that is no integer >= 40 or levels
 *   that are none >= 1.
 * @throws {KuraError} If parents go in a circle.
 */
export function visualisePipelineResults(clusters: readonly Cluster[], options: VisualiseOptions = {}): string {
  const { style = "enhanced", width = 100, color = false, levels = Number.POSITIVE_INFINITY } = options;
  assertUsable(clusters, options);
  if (clusters.length === 0) return "No clusters";

  const { roots, order } = treeOf(clusters);
  const total = new Set(roots.flatMap(({ chatIds }) => [...chatIds])).size;
  const paint: Paint =
    color && style === "rich" ? (code, text) => `\u001b[${code}m${text}\u001b[0m` : (_code, text) => text;
  const view: View = { style, width, levels, total, largest: roots[0]!.chatIds.size, paint };
  const lines = [paint(BOLD, `Clusters (${conversations(total)})`), ...treeLines(roots, view)];
  if (style !== "basic") lines.push("", ...statistics(order, roots, view));
  if (style === "rich") lines.push("", ...rootSizes(roots, view));
  return lines.join("\n");
}

type Paint = (code: number, text: string) => string;
const BOLD = 1;
const DIM = 2;
const GREEN = 32;
const CYAN = 36;

interface View {
  readonly style: VisualiseStyle;
  readonly width: number;
  readonly levels: number;
  readonly total: number;
  /** Conversations of the largest root. */
  readonly largest: number;
  readonly paint: Paint;
}

function assertUsable(clusters: readonly Cluster[], options: VisualiseOptions): void {
  const { style = "enhanced", width = 100, levels = 1 } = options;
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`Cannot visualise clusters: unknown option "${unknown}"; options are ${OPTIONS.join(", ")}`);
  }
  if (!VISUALISE_STYLES.includes(style)) {
    throw new TypeError(`Cannot visualise clusters as "${style}": styles are ${VISUALISE_STYLES.join(", ")}`);
  }
  if (!Number.isInteger(width) || width < MIN_WIDTH) {
    throw new RangeError(`Cannot visualise clusters ${width} cells wide: an integer >= ${MIN_WIDTH} is needed`);
  }
  if (!Number.isInteger(levels) || levels < 1) {
    throw new RangeError(`Cannot visualise ${levels} levels of clusters: an integer >= 1 is needed`);
  }
  for (const [row, cluster] of clusters.entries()) {
    const absent = CLUSTER_FIELDS.find((field) => cluster?.[field] === undefined);
    if (absent) throw new TypeError(`Cannot visualise clusters: row ${row} has no "${absent}"`);
  }
}

/** `order` has parents before their children. Nothing here is recursive: depth comes from a file. */
function treeOf(clusters: readonly Cluster[]): { roots: Node[]; order: Node[] } {
  const nodes = clusters.map(
    (cluster): Node => ({ cluster, children: [], chatIds: new Set(cluster.chat_ids), level: 0 }),
  );
  const byId = new Map<string, Node>();
  for (const node of nodes) if (!byId.has(node.cluster.id)) byId.set(node.cluster.id, node);
  const roots: Node[] = [];
  for (const node of nodes) (byId.get(node.cluster.parent_id ?? "")?.children ?? roots).push(node);

  const order = [...roots];
  for (const node of order) {
    for (const child of node.children) {
      child.level = node.level + 1;
      order.push(child);
    }
  }
  if (order.length < nodes.length) {
    const reached = new Set(order);
    const lost = nodes.filter((node) => !reached.has(node));
    throw new KuraError(
      `Cannot draw ${nodes.length} clusters as a tree: the parents of ${lost.length} go in a circle, such as those of "${lost[0]!.cluster.id}"`,
    );
  }
  for (const { children, chatIds } of [...order].reverse()) {
    for (const child of children) for (const id of child.chatIds) chatIds.add(id);
    children.sort(bySize);
  }
  roots.sort(bySize);
  return { roots, order };
}

function bySize(a: Node, b: Node): number {
  const byName = a.cluster.name < b.cluster.name ? -1 : a.cluster.name > b.cluster.name ? 1 : 0;
  return b.chatIds.size - a.chatIds.size || byName;
}

interface Branch {
  readonly node: Node;
  readonly lead: string;
  /** In front of whatever stands below it. */
  readonly indent: string;
}

function treeLines(roots: readonly Node[], view: View): string[] {
  const branches = branchesOf(roots, view.levels);
  const column = nameColumn(branches, view);
  return branches.flatMap(({ node, lead, indent }) => {
    const line = clusterLine(node, lead, column, view);
    const room = view.width - indent.length;
    const description = descriptionOf(node, view.style);
    return description && room > 0 ? [line, indent + view.paint(DIM, cutToWidth(description, room))] : [line];
  });
}

/** From top to bottom of the page. */
function branchesOf(roots: readonly Node[], levels: number): Branch[] {
  const found: Branch[] = [];
  const below = (nodes: readonly Node[], indent: string): Branch[] =>
    nodes.map((node, index) => {
      const isLast = index === nodes.length - 1;
      return { node, lead: indent + (isLast ? "╚══ " : "╠══ "), indent: indent + (isLast ? "    " : "║   ") };
    });
  const stack = below(roots, "").reverse();
  for (let branch = stack.pop(); branch; branch = stack.pop()) {
    found.push(branch);
    const { node, indent } = branch;
    if (node.level + 1 < levels) stack.push(...below(node.children, indent).reverse());
  }
  return found;
}

/** Where names end and numbers start: behind the longest name, as far as a line has room for it. */
function nameColumn(branches: readonly Branch[], { style, width, total, largest }: View): number {
  const longest = branches.reduce(
    (most, { node, lead }) => Math.max(most, lead.length + displayWidth(nameOf(node))),
    0,
  );
  const numbers = `  ${spellCount(largest)}  ${spellShare(largest, total)}  `;
  return Math.min(longest, width - numbers.length - BAR_CELLS[style]);
}

function clusterLine(node: Node, lead: string, column: number, { style, width, total, largest, paint }: View): string {
  const size = node.chatIds.size;
  const count = spellCount(size);
  const isBasic = style === "basic";
  const end = isBasic ? width - ` (${count})`.length : column;
  const name = cutToWidth(nameOf(node), Math.max(MIN_NAME, end - lead.length));
  const start = lead + (node.level === 0 ? paint(BOLD, name) : name);
  if (isBasic) return `${start} (${count})`;
  const gap = " ".repeat(Math.max(0, column - lead.length - displayWidth(name)));
  const share = spellShare(size, total).padStart(spellShare(largest, total).length);
  const numbers = `${count.padStart(spellCount(largest).length)}  ${share}`;
  return `${start}${gap}  ${numbers}  ${paint(GREEN, bar(largest === 0 ? 0 : size / largest, BAR_CELLS[style]))}`.trimEnd();
}

function spellShare(size: number, total: number): string {
  return `${(total === 0 ? 0 : (size / total) * 100).toFixed(1)}%`;
}

/** 12,345 in every locale. */
function spellCount(count: number): string {
  return count.toLocaleString("en-US");
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** Never empty for something: at least an eighth of a cell. */
function bar(length: number, cells: number): string {
  const eighths = length === 0 ? 0 : Math.max(1, Math.round(length * cells * 8));
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

function nameOf({ cluster }: Node): string {
  return printable(cluster.name) || "(no name)";
}

function descriptionOf({ cluster, level }: Node, style: VisualiseStyle): string {
  if (style === "rich") return cutToWidth(printable(cluster.description), RICH_DESCRIPTION);
  return style === "enhanced" && level === 0 ? printable(cluster.description) : "";
}

function statistics(order: readonly Node[], roots: readonly Node[], { total, paint }: View): string[] {
  const mean = roots.reduce((sum, { chatIds }) => sum + chatIds.size, 0) / roots.length;
  return table("Statistics", paint, [
    ["Conversations", spellCount(total)],
    ["Clusters", spellCount(order.length)],
    ["Levels", String(order.at(-1)!.level + 1)],
    ["Roots", spellCount(roots.length)],
    [
      "Root sizes",
      `${spellCount(roots.at(-1)!.chatIds.size)} to ${spellCount(roots[0]!.chatIds.size)}, ${mean.toFixed(1)} on average`,
    ],
  ]);
}

function rootSizes(roots: readonly Node[], { paint }: View): string[] {
  const rows = ROOT_SIZES.map(({ label, from }, index) => {
    const below = ROOT_SIZES[index - 1]?.from ?? Number.POSITIVE_INFINITY;
    const count = roots.filter(({ chatIds }) => chatIds.size >= from && chatIds.size < below).length;
    return [label, `${count} (${((count / roots.length) * 100).toFixed(1)}%)`] as const;
  });
  return table("Root sizes", paint, rows);
}

function table(title: string, paint: Paint, rows: readonly (readonly [label: string, value: string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return [paint(BOLD, title), ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${paint(CYAN, value)}`)];
}

function conversations(count: number): string {
  return count === 1 ? "1 conversation" : `${spellCount(count)} conversations`;
}
