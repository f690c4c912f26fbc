import { KuraError, UnknownOutcomeError } from "../../src/errors.js";
import { canBefall, FAULT_CODES, type FaultCode, faulty } from "../support/fault-file-system.js";
import type { FileSystemCall } from "../support/intercept-file-system.js";
import { PowerLossFileSystem } from "../support/power-loss-file-system.js";
import type { Form } from "./form.js";
import { type Operation, PARENT, perform, Subject } from "./subject.js";

export interface PlannedFault {
  readonly at: number;
  readonly code: FaultCode;
  readonly forever: boolean;
  readonly call: FileSystemCall;
}

/** A state to start from, and what is done to it. */
export interface Situation {
  readonly form: Form;
  readonly name: string;
  readonly before: PowerLossFileSystem;
  readonly operation: Operation;
}

/** Every fault that can befall every call of an operation, each once and for ever. */
export async function faultsOf({ form, before, operation }: Situation): Promise<PlannedFault[]> {
  const { fileSystem, calls } = faulty(before.clone());
  await perform(new Subject(form).on(fileSystem), operation);
  return calls.flatMap((call, at) =>
    FAULT_CODES.filter((code) => canBefall(code, call)).flatMap((code) =>
      [false, true].map((forever) => ({ at, code, forever, call })),
    ),
  );
}

/**
 * Let an operation meet one fault, and give back what is wrong with the outcome, or undefined: it succeeds or rejects with an error of
 * ours; then the old rows stand, or the new ones if it said so; the previous revision is there; nothing stays open; and the
 * next save of the same process works and sweeps.
 */
export async function outcomeOf(
  { form, before, operation }: Situation,
  fault: PlannedFault,
): Promise<string | undefined> {
  const disk = before.clone();
  const { fileSystem } = faulty(disk, fault);
  const subject = new Subject(form, { lockWaitMs: 8_000 });
  const old = await form.viewOf(before);
  const kept = form.keptRevisions(before);
  let problem: unknown;
  try {
    await withinSeconds(20, perform(subject.on(fileSystem), operation));
  } catch (error) {
    problem = error;
  }
  if (problem !== undefined && !(problem instanceof KuraError)) return `rejects with ${String(problem)}`;
  if (disk.openHandles > 0) return `${disk.openHandles} files stay open`;

  const now = await form.viewOf(disk);
  const committed = problem === undefined || problem instanceof UnknownOutcomeError;
  if (now.startsWith("BROKEN")) return `leaves ${now}`;
  if (committed === (now === old))
    return `${problem === undefined ? "resolves" : String(problem)}, and ${old} has become ${now}`;
  const keptNow = [...form.keptRevisions(disk), now];
  if (operation.do !== "delete") {
    const needed = committed ? (old.includes("@") ? [old] : []) : kept;
    const lost = needed.filter((revision) => !keptNow.includes(revision));
    if (lost.length > 0) return `loses the kept ${lost.join(", ")}`;
    const wasForeign = old.startsWith("foreign") && committed;
    if (wasForeign && !form.keptForeign(disk).some((bytes) => bytes.equals(form.contentAt(before, form.head)!)))
      return "loses a stranger's file";
  }

  try {
    await withinSeconds(20, perform(subject.on(disk), { do: "save", label: "Z" }));
  } catch (error) {
    return `makes the next save reject: ${String(error)}`;
  }
  const saved = await form.viewOf(disk);
  if (!saved.startsWith("Z@")) return `makes the next save read as ${saved}`;
  const litter = form.leftovers(disk);
  return litter.length > 0 ? `leaves ${litter.join(", ")}` : undefined;
}

export async function situations(form: Form): Promise<Situation[]> {
  const made = async (...operations: Operation[]): Promise<PowerLossFileSystem> => {
    const fs = new PowerLossFileSystem();
    await fs.mkdir(PARENT);
    for (const operation of operations) {
      if (operation.do === "foreign") await form.writeForeign(fs, operation.label);
      else await perform(new Subject(form).on(fs), operation);
    }
    return fs;
  };
  const a = { do: "save", label: "A" } as const;
  const b = { do: "save", label: "B" } as const;
  const c = { do: "save", label: "C" } as const;
  const p = { do: "foreign", label: "P" } as const;
  const all: Omit<Situation, "form">[] = [
    { name: "a first save", before: await made(), operation: a },
    { name: "an overwrite", before: await made(a, b), operation: c },
    { name: "a save over another program's rewriting", before: await made(a, p), operation: b },
    { name: "a delete", before: await made(a, b), operation: { do: "delete" } },
    { name: "a restore", before: await made(a, b), operation: { do: "restore" } },
    { name: "an adoption", before: await made(a, p), operation: { do: "adopt" } },
    ...(await interrupted(form, await made(a, b), c)).map((before, i) => ({
      name: `a save after a killed one (${i})`,
      before,
      operation: a,
    })),
    ...(await interrupted(form, await made(a, b), c))
      .slice(-1)
      .map((before) => ({ name: "a delete after a killed save", before, operation: { do: "delete" } as const })),
  ];
  return all.map((situation) => ({ form, ...situation }));
}

/** What a save leaves that is killed with its rows written, with them described, and before it swept. */
async function interrupted(
  form: Form,
  from: PowerLossFileSystem,
  operation: Operation,
): Promise<PowerLossFileSystem[]> {
  const disk = from.clone();
  const left: PowerLossFileSystem[] = [];
  const subject = new Subject(form);
  subject.onPhase = (phase) => {
    if (phase === "sealed" || phase === "described" || phase === "committed") left.push(disk.clone());
  };
  await perform(subject.on(disk), operation);
  return left;
}

async function withinSeconds<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still at it after ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
