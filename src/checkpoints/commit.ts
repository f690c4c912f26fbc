import type { ByteSink } from "../bytes/byte-source.js";
import { endOf } from "../bytes/piece.js";
import { StorageError, UnknownOutcomeError } from "../errors.js";
import type { AddPart } from "../formats/format.js";
import type { NewRevision } from "./agreement.js";
import { assertKnownFormat } from "./directory-format.js";
import { lineageOf, staying } from "./earlier.js";
import { byAge, isForeignId } from "./history.js";
import { dataPath, manifestPath, stagedPath } from "./layout.js";
import { encodeManifest, type Manifest, type Part, type Revision } from "./manifest.js";
import { listedParts, NewParts, ownParts, removeParts, settleCompanion, tidyDirectory } from "./parts.js";
import { findHead, type Place, shownPath } from "./place.js";
import { publishSmall } from "./publish-small.js";
import { undescribedBy } from "./recover.js";
import { nextRevisionId } from "./revision-id.js";
import { ancestorsAfter, revisionState } from "./revision-state.js";
import { type Standing, standingOf, syncVisible } from "./standing.js";
import { asWriter, isLost, type Writer, type WriterOptions } from "./writer.js";

/*
 * What changes a checkpoint, by whoever writer.ts lets. The visible name is the truth: renaming the staged file over it is the commit, and
 * there is nothing to roll forward or back. What a writer that died left is swept by the next one, under the lock. The order of the
 * syncs, and what fails without each, is in docs/decisions/002 and 061; test/crash takes them out one by one.
 */

/** What a manifest says besides what the commit itself knows. */
export interface Contents extends Pick<Manifest, "rows" | "pieces" | "rowType" | "fingerprint" | "missing"> {
  readonly rowHash: string;
  /** Those that were added, and those of another revision, which have an identity already. */
  readonly parts?: readonly (Pick<Part, "name" | "pieces"> & Partial<Part>)[];
}

/** Where a save puts its bytes: the parts first. */
export interface NewFiles {
  readonly head: ByteSink;
  readonly addPart: AddPart;
}

/**
 * Replace the rows, by what `fill` writes. When it resolves they are durable, and what they displaced is kept.
 *
 * @throws {UnknownOutcomeError} If the new rows are visible but may not be durable. After any other error the old ones stand.
 */
export async function commitSave(
  place: Place,
  fill: (files: NewFiles) => Promise<Contents>,
  options: WriterOptions,
): Promise<Manifest> {
  await assertReplaceable(place);
  return await asWriter(place, options, async (writer) => {
    const { storage, heads } = place;
    const next = await nextRevision(writer);
    const { id, parent, savedAt, ancestors } = next;
    const staged = await storage.stage(stagedPath(place, id), heads[0]);
    // Where the same revision is saved anew there may be parts of before.
    const parts = new NewParts(place, unusedId(writer, id));
    let hasMadeCompanion = false;
    let kept: Kept | undefined;
    const withdraw = async () => {
      await withdrawManifest(writer, id);
      // A stranger's file is kept under our own id; one of ours under its own, as whoever has taken the lock over may have kept it.
      if (kept?.id !== undefined && (isForeignId(kept.id) || !(await isLost(writer.lock))))
        await removeQuietly(place, [dataPath(place, kept.id)]);
      await parts.discard();
      // The trace of the parts, while there are any.
      await staged.discard();
      await tidyDirectory(place, { hasMadeCompanion });
    };
    let manifest: Manifest;
    try {
      // Where nothing stands, it is by their trace that parts of a writer that died are told from rows that lost all else.
      if (place.format.directory && !writer.standing) await storage.sync(place.history);
      await writer.reach("staged");
      const { rowHash, parts: written, ...contents } = await fill({ head: staged, addPart: parts.add });
      const made = await parts.seal();
      hasMadeCompanion = await settleCompanion(place, id);
      const { byteLength, identity } = await staged.seal();
      await writer.reach("sealed");
      kept = await keepVisible(writer, next);
      await writer.reach("kept");
      manifest = {
        revision: { id, parent, savedAt: savedAt ?? new Date().toISOString(), rowHash },
        ...(ancestors.length > 0 && { ancestors }),
        format: place.format.name,
        bytes: (written ?? []).reduce((sum, { pieces }) => sum + endOf(pieces).byteEnd, byteLength),
        identity,
        ...contents,
        ...(written && { parts: written.map((part) => identified(part, made)) }),
      };
      // Its sync is also that of the kept revision's name.
      await writeManifest(place, manifest);
      await writer.reach("described");
      await options.agreement?.publish({ rows: manifest.rows, rowHash });
      await writer.lock.assertHeld();
      while ((await findHead(place))?.identity !== kept.identity) {
        // Another program has just written it: what was kept is not what is there.
        if (kept.id !== undefined) await storage.remove(dataPath(place, kept.id));
        kept = await keepVisible(writer, next);
        await storage.sync(place.history);
      }
    } catch (error) {
      await withdraw();
      throw error;
    }
    try {
      await staged.publish(); // ← commit point, durable when it resolves
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) await withdraw();
      throw error;
    }
    await writer.reach("committed");
    await sweepRevisions(writer, manifest, kept);
    await writer.reach("swept");
    return manifest;
  });
}

/**
 * Remove the rows and every revision of them, and leave a tombstone. When it resolves they do not come back.
 *
 * @returns Whether there was something.
 * @throws {UnknownOutcomeError} If the rows are gone but a power cut may bring them back.
 */
export async function commitDelete(place: Place, options: WriterOptions): Promise<boolean> {
  const { storage, directory } = place;
  await assertKnownFormat(storage);
  if (!options.agreement && !(await findHead(place))) {
    // Whoever removed it may have died before that was durable, and "it is not there" is to stay true.
    await syncVisible(place);
    return false;
  }
  return await asWriter(place, options, async (writer) => {
    const { standing, history, manifests } = writer;
    if (!standing && !options.agreement) return false;
    const { id, parent, savedAt, ancestors } = await nextRevision(writer);
    const listed = await listedParts(place, { manifests: manifests.values(), ...undescribedBy(writer) });
    // No revision will be left that might list one of ours, also where a head is damaged that did.
    const parts = new Set([...listed.names, ...(await ownParts(place))]);
    await options.agreement?.publish({ rows: 0, rowHash: "" });
    for (const data of history.data.keys()) await storage.remove(dataPath(place, data));
    try {
      // Its sync also makes the removal of the revisions durable, before the rows go: afterwards one that came back could not be told
      // from one that somebody wants back who removed the file by hand.
      await writeManifest(
        place,
        tombstone(place, { id, parent, savedAt: savedAt ?? new Date().toISOString(), rowHash: "" }, ancestors),
      );
      await writer.reach("described");
      await writer.lock.assertHeld();
      await storage.remove(standing?.path ?? place.heads[0]); // ← commit point
    } catch (error) {
      await withdrawManifest(writer, id);
      throw error;
    }
    try {
      await storage.sync(directory);
    } catch (error) {
      throw new UnknownOutcomeError(shownPath(place), error);
    }
    await writer.reach("committed");
    await removeParts(place, parts);
    await tidyDirectory(place, { hasMadeCompanion: true });
    await removeQuietly(
      place,
      history.manifests.filter((old) => old !== id).map((old) => manifestPath(place, old)),
    );
    await writer.reach("swept");
    return standing !== undefined;
  });
}

/** Chooses of the ids of what is kept, `f…` for a file that was not ours, newest first. */
export type ChooseGone = (ids: readonly string[], current: Manifest | undefined) => readonly string[];

/**
 * Drop earlier revisions, and what writers that died have left. What stands, and what describes it, stays.
 *
 * @returns The ids of what was dropped.
 */
export async function commitSweep(
  place: Place,
  chooseGone: ChooseGone,
  options: WriterOptions,
): Promise<readonly string[]> {
  return await asWriter(place, options, async (writer) => {
    const ids = [...writer.history.data.keys()].sort(byAge);
    const gone = chooseGone(ids, writer.standing?.manifest);
    await dropRevisions(writer, ids, {
      isGone: (id) => gone.includes(id),
      current: writer.standing?.manifest,
      visible: undescribedBy(writer).visible,
    });
    await place.storage.sync(place.history);
    return gone;
  });
}

interface Kept {
  /** Of the visible file that was kept; undefined where there was none. */
  readonly identity: string | undefined;
  /** What it is kept as; undefined where it is not. */
  readonly id: string | undefined;
}

/** Give what is visible a second name: that of its revision, or, where it is not ours, of the one that displaces it. */
async function keepVisible(writer: Writer, next: Next): Promise<Kept> {
  const { place, options, manifests } = writer;
  const { storage } = place;
  for (;;) {
    const file = await findHead(place);
    if (!file) return { identity: undefined, id: undefined };
    const standing =
      file.identity === writer.standing?.identity
        ? writer.standing
        : await standingOf(place, manifests.values(), options.signal);
    if (standing?.identity !== file.identity) continue;
    const id = keptAs(writer, standing, next);
    if (!staying([id], next, options.keepRevisions).has(id)) return { identity: file.identity, id: undefined };
    try {
      await storage.keep(file.path, dataPath(place, id));
      return { identity: file.identity, id };
    } catch (error) {
      if ((await findHead(place))?.identity === file.identity) throw error;
    }
  }
}

/**
 * Under which id the visible file is kept: that of its revision, or, of one that is not ours, an id never used. So is one of ours that
 * is saved anew as the same revision: it was damaged.
 */
export function keptAs(writer: Pick<Writer, "history">, { manifest }: Standing, next: Pick<NewRevision, "id">): string {
  if (manifest && manifest.revision.id !== next.id) return manifest.revision.id;
  return `f${unusedId(writer, next.id)}`;
}

/** The id of a revision, or, where it has been used before, one that never was. */
function unusedId({ history: { newest } }: Pick<Writer, "history">, id: string): string {
  return newest === undefined || id > newest ? id : nextRevisionId(newest);
}

type Next = Omit<NewRevision, "savedAt"> & Partial<Pick<NewRevision, "savedAt">>;

/** What a save will be called, and what came before it. Alone, its time is that of its end. */
export async function nextRevision({
  options: { agreement },
  history: { newest },
  manifests,
  standing,
  parent,
}: Omit<Writer, "place" | "lock" | "reach">): Promise<Next> {
  const visible = standing && (standing.manifest ?? standing.damage ?? "unversioned");
  if (agreement) return await agreement.decide(revisionState(visible, manifests.values(), newest));
  const last = parent === null ? undefined : manifests.get(parent);
  return { id: nextRevisionId(newest), parent, ancestors: last ? ancestorsAfter(last) : [] };
}

/** Where the same revision was saved anew, what described it before describes it again. */
async function withdrawManifest({ place, manifests }: Writer, id: string): Promise<void> {
  const before = manifests.get(id);
  if (before) await writeManifest(place, before).catch(() => {});
  else await removeQuietly(place, [manifestPath(place, id)]);
}

async function writeManifest(place: Place, manifest: Manifest): Promise<void> {
  await publishSmall(place.storage, manifestPath(place, manifest.revision.id), encodeManifest(manifest));
}

export function tombstone({ format, name }: Place, revision: Revision, ancestors: readonly string[]): Manifest {
  return {
    revision,
    ...(ancestors.length > 0 && { ancestors }),
    deleted: true,
    format: format.name,
    bytes: 0,
    rows: 0,
    identity: "",
    rowType: { name, columns: [] },
    missing: [],
    pieces: [],
  };
}

/** Only after the commit is durable: before, this could be the only previous revision of the state that a power cut restores. */
async function sweepRevisions(writer: Writer, current: Manifest, kept: Kept): Promise<void> {
  const data = [...writer.history.data.keys(), ...(kept.id === undefined ? [] : [kept.id])];
  const stay = staying([current.revision.id, ...data], lineageOf(current), writer.options.keepRevisions);
  // What cannot be dropped now is dropped by the next writer.
  await dropRevisions(writer, data, { isGone: (id) => !stay.has(id), current }).catch(() => {});
}

interface Drop {
  isGone(id: string): boolean;
  readonly current: Manifest | undefined;
  /** Whether a head is visible that no manifest describes. */
  readonly visible?: boolean;
}

/**
 * Remove revisions, and the parts that nothing else lists. What says which these are goes after what it says it of.
 *
 * @param data Ids of all heads that are kept.
 */
async function dropRevisions(
  writer: Writer,
  data: readonly string[],
  { isGone, current, visible }: Drop,
): Promise<void> {
  const { place, history, manifests, lock } = writer;
  const { storage } = place;
  const [gone, left] = split(data, isGone);
  const [dropped, staying] = split([...manifests.values()], ({ revision }) => isGone(revision.id));
  const isUndescribed = (id: string) => !manifests.has(id);
  const parts = await listedParts(place, { manifests: dropped, kept: gone.filter(isUndescribed) });
  // Whoever has taken the lock over may be listing them anew.
  await lock.assertHeld();
  for (const id of gone) await storage.remove(dataPath(place, id));
  const listed = await listedParts(place, {
    manifests: current ? [current, ...staying] : staying,
    kept: left.filter(isUndescribed),
    ...(visible !== undefined && { visible }),
  });
  const unlisted = [...parts.names].filter((name) => !listed.names.has(name));
  if (listed.isComplete && unlisted.length > 0) {
    // A revision is not to come back without its rows.
    await storage.sync(place.history);
    await removeParts(place, unlisted);
  }
  for (const id of history.manifests.filter(isGone)) await storage.remove(manifestPath(place, id));
}

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

function identified(part: NonNullable<Contents["parts"]>[number], made: ReadonlyMap<string, string>): Part {
  const { name, pieces } = part;
  const identity = made.get(name) ?? part.identity;
  if (identity === undefined)
    throw new TypeError(`Cannot list "${name}": it is no part of this save, nor of an earlier`);
  return { name, identity, pieces };
}

async function assertReplaceable(place: Place): Promise<void> {
  const { storage, directory, heads } = place;
  const head = await findHead(place);
  if (head?.path === heads[0]) return;
  const refuse = (reason: string): never => {
    throw new StorageError("write", shownPath(place), reason);
  };
  if (head) refuse(`"${head.path}" says that it holds several checkpoints; move it away, or save under another name`);
  if (directory !== "" && (await storage.identify(directory))) refuse("it is a file; move it away");
}

/** What cannot be removed now is swept by the next writer. */
async function removeQuietly({ storage }: Place, paths: readonly string[]): Promise<void> {
  for (const path of paths) await storage.remove(path).catch(() => {});
}
