import { HFDatasetCheckpointManager } from "../../../src/checkpoints/hf-dataset-checkpoint-manager.js";
import { JSONLCheckpointManager } from "../../../src/checkpoints/jsonl-checkpoint-manager.js";
import {
  MultiCheckpointManager,
  type MultiCheckpointManagerOptions,
} from "../../../src/checkpoints/multi/multi-checkpoint-manager.js";
import { ParquetCheckpointManager } from "../../../src/checkpoints/parquet-checkpoint-manager.js";
import type { FileSystem } from "../../../src/storage/file-system.js";
import { LocalStorage } from "../../../src/storage/local.js";
import { type FileSystemCall, interceptFileSystem } from "../../support/intercept-file-system.js";
import { fileError } from "../../support/memory-tree.js";
import { PowerLossFileSystem } from "../../support/power-loss-file-system.js";

/**
 * What befalls a copy at one call of its file system.
 *
 * `fails`: this call fails · `breaks`: it and all later ones · `hangs`: it, and all later ones, do not come back, until the copy is well
 * again, and fail then · `is late`: the same, and is done then · `reads wrong`: bytes that are read from now on have a bit flipped ·
 * `writes wrong`: those that are written · `disappears`: all that it has is gone · `goes back`: it has what it had one save before.
 */
export const FAULTS = [
  "fails",
  "breaks",
  "hangs",
  "is late",
  "reads wrong",
  "writes wrong",
  "disappears",
  "goes back",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface CopyFault {
  readonly copy: number;
  /** The number of its call, from 0. */
  readonly at: number;
  readonly kind: FaultKind;
  /** The disk of that copy as it was one save before. */
  readonly before: PowerLossFileSystem;
}

export const ROOT = "/copy";
/** What is removed where a file that looks like another program's is to go. */
export const HEADS = ["notes.jsonl", "notes.parquet", "notes/state.json"] as const;

/** Three disks, and managers on them of which one may have a fault. */
export class FaultyCopies {
  readonly disks: PowerLossFileSystem[];
  readonly calls: FileSystemCall[][] = [[], [], []];
  readonly #fault: CopyFault | undefined;
  readonly #onHang: () => void;
  #isWell = false;
  readonly #hanging = new Set<() => void>();

  constructor(disks: readonly PowerLossFileSystem[], fault?: CopyFault, onHang: () => void = () => {}) {
    this.disks = disks.map((disk) => disk.clone());
    this.#fault = fault;
    this.#onHang = onHang;
  }

  multi(options: MultiCheckpointManagerOptions = {}): MultiCheckpointManager {
    return new MultiCheckpointManager(this.managers(), options);
  }

  managers() {
    const storages = this.disks.map(
      (_, copy) => new LocalStorage(`${ROOT}/${copy}`, { fileSystem: this.#fileSystem(copy) }),
    );
    const options = { lockWaitMs: 20_000 };
    return [
      new JSONLCheckpointManager(storages[0]!, options),
      // Compression is done elsewhere, and how long that takes nobody knows.
      new ParquetCheckpointManager(storages[1]!, { ...options, rowGroupRows: 200, compression: "none" }),
      new HFDatasetCheckpointManager(storages[2]!, { ...options, maxShardBytes: 8_000 }),
    ];
  }

  /** From now on all is well; what was hanging comes back. */
  heal(): void {
    this.#isWell = true;
    for (const resume of this.#hanging) resume();
  }

  #fileSystem(copy: number): FileSystem {
    const disk = this.disks[copy]!;
    const fault = this.#fault?.copy === copy ? this.#fault : undefined;
    let lies = false;
    const reached =
      fault?.kind === "reads wrong" || fault?.kind === "writes wrong" ? () => lies && !this.#isWell : () => false;
    return interceptFileSystem(lying(disk, fault?.kind, reached), async (call, run) => {
      const number = this.calls[copy]!.push(call) - 1;
      if (!fault || this.#isWell || number < fault.at) return await run();
      const isFirst = number === fault.at;
      const fail = async (): Promise<never> => {
        // The system lets go of the handle even when close reports an error.
        if (call.method === "file.close") await run();
        throw fileError("EIO", call.path, call.method);
      };
      switch (fault.kind) {
        case "fails":
          return isFirst ? await fail() : await run();
        case "breaks":
          return await fail();
        case "hangs":
        case "is late":
          if (isFirst) this.#onHang();
          await new Promise<void>((resolve) => this.#hanging.add(resolve));
          return fault.kind === "is late" ? await run() : await fail();
        case "disappears":
          if (isFirst) disk.tree.directory(disk.tree.lookup(ROOT)!).now.delete(String(copy));
          return await run();
        case "goes back":
          if (isFirst) goBack(disk, fault.before, `${ROOT}/${copy}`);
          return await run();
        default:
          lies = true;
          return await run();
      }
    });
  }
}

/** A directory becomes what it was on an earlier disk, whose files are others than those that are open. */
function goBack(disk: PowerLossFileSystem, before: PowerLossFileSystem, path: string): void {
  const { nodes } = disk.tree;
  const base = Math.max(...nodes.keys());
  const moved = (names: ReadonlyMap<string, number>) => new Map([...names].map(([name, ino]) => [name, base + ino]));
  for (const [ino, node] of before.tree.nodes) {
    const isFile = node.kind === "file";
    nodes.set(base + ino, isFile ? node : { ...node, now: moved(node.now), durable: moved(node.durable) });
  }
  const { directory, name } = disk.tree.place(path, "go back");
  disk.tree.directory(directory).now.set(name, base + before.tree.lookup(path)!);
}

/** The same file system; while `lies()`, a bit of what is read, or written, is another. */
function lying(inner: FileSystem, kind: FaultKind | undefined, lies: () => boolean): FileSystem {
  const flipped = (buffer: Uint8Array, offset: number, length: number) => {
    const bytes = buffer.slice(offset, offset + length);
    bytes[length >> 1]! ^= 1;
    return bytes;
  };
  return {
    ...bound(inner),
    async open(path, flags, mode) {
      const file = await inner.open(path, flags, mode);
      return {
        ...file,
        async read(buffer, offset, length, position) {
          const read = await file.read(buffer, offset, length, position);
          if (kind === "reads wrong" && lies() && read > 0) buffer.set(flipped(buffer, offset, read), offset);
          return read;
        },
        write: (buffer, offset, length) =>
          kind === "writes wrong" && lies() && length > 0
            ? file.write(flipped(buffer, offset, length), 0, length)
            : file.write(buffer, offset, length),
      };
    },
  };
}

function bound(inner: FileSystem): FileSystem {
  return interceptFileSystem(inner, (_, run) => run());
}

export async function emptyDisk(): Promise<PowerLossFileSystem> {
  const disk = new PowerLossFileSystem();
  await disk.mkdir(ROOT);
  await disk.syncDirectory("/");
  return disk;
}
