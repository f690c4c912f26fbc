import { CallError } from "../errors.js";
import { kMeans } from "../math/k-means.js";
import { matrixFromRows, normalize, normalizeRows } from "../math/matrix.js";
import { mergeNearest } from "../math/merge-nearest.js";
import { fieldOf } from "../models/offline/field.js";
import { type GroupName, nameGroups } from "../models/offline/names.js";
import type { Render } from "../models/prompts/prompt.js";
import type { Cluster } from "../rows/builtin.js";
import type { AskText, AskVectors, FailedReply } from "./asking.js";
import { Categories } from "./categories.js";
import { clusterId } from "./cluster-id.js";
import type { Fallback } from "./fallback.js";
import { Namer } from "./namer.js";
import { type ReduceQuestionOptions, reduceQuestions } from "./reduce-questions.js";
import { renderCluster } from "./rendering.js";

export interface Asking {
  readonly askText: AskText;
  readonly askVectors: AskVectors;
}

export interface ReduceWithModelOptions extends ReduceQuestionOptions {
  readonly maxClusters: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total?: number) => void) | undefined;
}

interface Root {
  readonly cluster: Cluster;
  readonly vector: Float32Array;
  /** Base clusters in it. */
  readonly bases: number;
}

/** As in Kura: clusters that are looked at together, for categories that hold for all of them. */
const NEIGHBOURHOOD = 12;
/** Of a neighbourhood at most this share is left by a level, if need be without the model, so that the levels end. */
const MOST_LEFT = 2 / 3;
/** Children that a question names; more of them say nothing new. */
const MOST_CHILDREN_SHOWN = 50;

/**
 * The whole tree, level by level: of roots that lie together the model proposes categories, puts each root into one, and names what came
 * together, until at most `maxClusters` are left. The base clusters come first, in their order, with their parents filled in.
 *
 * Always ends, whatever the model answers, and loses no cluster; no parent has a single child. Where an answer is missing or does not help,
 * the nearest roots are put together without it, and `fallbacks` says so. The same clusters, options and answers give the same tree, in
 * whatever order the clusters come. Costs about 2.5 questions per base cluster.
 */
export async function reduceWithModel(
  clusters: readonly Cluster[],
  { askText, askVectors }: Asking,
  { maxClusters, seed, prompts, signal, onProgress }: ReduceWithModelOptions,
): Promise<{ clusters: Cluster[]; fallbacks: Fallback[] }> {
  const { renderCategories, renderChoice, renderName } = await reduceQuestions({ prompts });
  const categories = await Categories.prepare({ askText, askVectors, renderCategories, renderChoice });
  const namer = await Namer.prepare(askText);
  const done: Cluster[] = [];
  const fallbacks: Fallback[] = [];
  let roots: Root[] = [];
  let unplaced: Unplaced[] = clusters.map((cluster) => ({ cluster: { ...cluster, parent_id: null }, bases: 1 }));
  while (roots.length + unplaced.length > maxClusters) {
    signal?.throwIfAborted();
    const placed = await rootsOf(unplaced.sort(byId), askVectors);
    fallbacks.push(...placed.fallbacks);
    roots = [...roots, ...placed.roots].sort(byId);
    const surplus = roots.length - maxClusters;
    const found = await Promise.all(
      (await neighbourhoodsOf(roots, seed, signal)).map(async (neighbours) => {
        const sorting = await categories.sort(neighbours);
        const groups = fewEnough(sorting.groups, neighbours.length, surplus);
        const merged = groups.filter(({ length }) => length > 1);
        return {
          single: groups.flatMap((group) => (group.length === 1 ? group : [])),
          merged,
          // While other neighbourhoods are still sorted: neither hears of the other.
          proposed: await Promise.all(merged.map((group) => namer.propose(unnamed(group, renderName)))),
          fallbacks: sorting.fallbacks,
        };
      }),
    );
    fallbacks.push(...found.flatMap((each) => each.fallbacks));
    const merged = found.flatMap((each) => each.merged);
    const named = await namer.distinct(
      found.flatMap((each) => each.proposed),
      {
        taken: [...done, ...roots.map(({ cluster }) => cluster)].map(({ name }) => name),
        nameOffline: (places, names) =>
          nameOffline(
            places.map((place) => merged[place]!),
            roots,
            names,
            signal,
          ),
      },
    );
    fallbacks.push(...named.fallbacks);
    unplaced = merged.map((group, index) => parentOf(group, named.names[index]!, seed));
    merged.forEach((group, index) => {
      for (const { cluster } of group) done.push({ ...cluster, parent_id: unplaced[index]!.cluster.id });
    });
    roots = found.flatMap((each) => each.single);
    const left = roots.length + unplaced.length;
    onProgress?.(clusters.length - left, clusters.length - Math.min(maxClusters, clusters.length));
  }
  const base = new Map(clusters.map(({ id }, at) => [id, at]));
  const all = [...done, ...[...roots, ...unplaced].sort(byId).map(({ cluster }) => cluster)];
  const placeOf = ({ id }: Cluster) => base.get(id) ?? clusters.length;
  return { clusters: all.sort((a, b) => placeOf(a) - placeOf(b)), fallbacks };
}

function byId(a: Pick<Root, "cluster">, b: Pick<Root, "cluster">): number {
  return a.cluster.id < b.cluster.id ? -1 : 1;
}

/** What has no place yet among the vectors. */
interface Unplaced extends Omit<Root, "vector"> {
  /** Where it lies if its own words get no vector. */
  readonly middle?: Float32Array;
}

/**
 * Without a vector, a parent lies in the middle of its children, and a base cluster in the middle of all.
 *
 * @throws {CallError} If there is no middle, as no base cluster has a vector.
 */
async function rootsOf(
  found: readonly Unplaced[],
  askVectors: AskVectors,
): Promise<{ roots: Root[]; fallbacks: Fallback[] }> {
  const replies = await askVectors(found.map(({ cluster }) => renderCluster(cluster)));
  const known = replies.flatMap(({ value }) => value ?? []);
  const fallbacks: Fallback[] = [];
  const roots = found.map(({ middle, ...root }, index): Root => {
    const reply = replies[index]!;
    if (!reply.failure) return { ...root, vector: reply.value };
    const about = `the vector of cluster ${root.cluster.id}`;
    const instead = `it lies in the middle of ${middle ? "its children" : "all clusters"}`;
    fallbacks.push({ about, ...reply.failure, final: reply.final, instead });
    return { ...root, vector: middle ?? middleOf(known, reply) };
  });
  return { roots, fallbacks };
}

function middleOf(vectors: readonly Float32Array[], { failure, final }: FailedReply): Float32Array {
  if (vectors.length > 0) return meanOf(vectors.map((vector) => ({ vector, bases: 1 })));
  const { reason, detail = reason } = failure;
  throw new CallError(final ? "final" : "transient", reason, `Cannot place any cluster: ${detail}`);
}

/** Roots that lie together, every root in one neighbourhood. */
async function neighbourhoodsOf(
  roots: readonly Root[],
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Root[][]> {
  const points = normalizeRows(matrixFromRows(roots.map(({ vector }) => vector)));
  const { labels } = await kMeans(points, Math.ceil(roots.length / NEIGHBOURHOOD), { seed, signal });
  return grouped(roots, labels);
}

/**
 * The groups, or fewer where there are more than a level may leave: then those that lie nearest are put together. No more than `surplus`
 * are put together that the model kept apart.
 */
function fewEnough(groups: Root[][], roots: number, surplus: number): Root[][] {
  const most = Math.max(1, Math.floor(roots * MOST_LEFT), roots - surplus);
  if (groups.length <= most) return groups;
  const means = matrixFromRows(groups.map(meanOf));
  const weights = groups.map((group) => group.reduce((sum, { bases }) => sum + bases, 0));
  return grouped(groups, mergeNearest(means, weights, most)).map((parts) => parts.flat());
}

function grouped<T>(items: readonly T[], labels: Int32Array): T[][] {
  const groups: T[][] = [];
  items.forEach((item, index) => {
    const label = labels[index]!;
    groups[label] ??= [];
    groups[label].push(item);
  });
  return groups;
}

function meanOf(group: readonly Pick<Root, "vector" | "bases">[]): Float32Array {
  const mean = new Float32Array(group[0]!.vector.length);
  for (const { vector, bases } of group) {
    vector.forEach((value, index) => {
      mean[index]! += value * bases;
    });
  }
  normalize(mean);
  return mean;
}

function unnamed(children: readonly Root[], render: Render) {
  const clusters = children
    .slice(0, MOST_CHILDREN_SHOWN)
    .map(({ cluster: { name, description } }) => ({ name, description }));
  return {
    about: `the parent of ${children.length} clusters, the first of which is ${children[0]!.cluster.id}`,
    prompt: (taken_names: readonly string[]) => render({ clusters, taken_names }),
  };
}

async function nameOffline(
  groups: readonly (readonly Root[])[],
  roots: readonly Root[],
  taken: readonly string[],
  signal: AbortSignal | undefined,
): Promise<GroupName[]> {
  const field = await fieldOf(
    roots.map(({ cluster }) => renderCluster(cluster)),
    signal,
  );
  const unnamed = groups.map((group) => ({
    members: group.map(({ cluster }) => renderCluster(cluster)),
    parts: group.map(({ cluster }, index) => ({ name: cluster.name, members: [index] })),
  }));
  return await nameGroups(unnamed, { field, taken, signal });
}

function parentOf(children: readonly Root[], name: GroupName, seed: number): Unplaced {
  const ids = children.map(({ cluster }) => cluster.id);
  const chatIds = [...new Set(children.flatMap(({ cluster }) => cluster.chat_ids))];
  return {
    cluster: { id: clusterId("meta", ids, seed), ...name, chat_ids: chatIds, parent_id: null, count: chatIds.length },
    bases: children.reduce((sum, { bases }) => sum + bases, 0),
    middle: meanOf(children),
  };
}
