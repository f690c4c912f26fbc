/** What is inside a file at one moment. Never changed, so that states of a file system share it. */
export interface FileContent {
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly mtimeNs: bigint;
}

/** `now` is what programs see, `durable` is what a power cut is sure to leave. */
export interface FileNode {
  readonly kind: "file";
  readonly now: FileContent;
  readonly durable: FileContent;
}

export interface DirectoryNode {
  readonly kind: "directory";
  readonly now: Map<string, number>;
  readonly durable: Map<string, number>;
}

export type MemoryNode = FileNode | DirectoryNode;

export const ROOT = 1;

/** Inodes by number, each twice: as seen and as durable. Names are absolute, with "/" between parts. */
export class MemoryTree {
  readonly nodes = new Map<number, MemoryNode>([[ROOT, emptyDirectory()]]);

  clone(): MemoryTree {
    const copy = new MemoryTree();
    for (const [ino, node] of this.nodes) copy.nodes.set(ino, node.kind === "file" ? node : cloneDirectory(node));
    return copy;
  }

  /** The inode a path leads to, or undefined. */
  lookup(path: string, side: "now" | "durable" = "now"): number | undefined {
    let ino = ROOT;
    for (const part of partsOf(path)) {
      const node = this.nodes.get(ino);
      if (node?.kind !== "directory") throw fileError("ENOTDIR", path);
      const next = node[side].get(part);
      if (next === undefined) return undefined;
      ino = next;
    }
    return ino;
  }

  node(path: string, act: string): { ino: number; node: MemoryNode } {
    const ino = this.lookup(path);
    const node = ino === undefined ? undefined : this.nodes.get(ino);
    if (ino === undefined || node === undefined) throw fileError("ENOENT", path, act);
    return { ino, node };
  }

  /** Where a name is kept: the inode of its directory, and its last part. */
  place(path: string, act: string): { directory: number; name: string } {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw fileError("EBUSY", path, act);
    const { ino, node } = this.node(`/${parts.join("/")}`, act);
    if (node.kind !== "directory") throw fileError("ENOTDIR", path, act);
    return { directory: ino, name };
  }

  directory(ino: number): DirectoryNode {
    const node = this.nodes.get(ino);
    if (node?.kind !== "directory")
      throw new Error(`Cannot use inode ${ino} as a directory: it is ${node?.kind ?? "gone"}`);
    return node;
  }

  file(ino: number): FileNode {
    const node = this.nodes.get(ino);
    if (node?.kind !== "file") throw new Error(`Cannot use inode ${ino} as a file: it is ${node?.kind ?? "gone"}`);
    return node;
  }

  /** How many names a file has now. */
  linkCount(ino: number): number {
    let count = 0;
    for (const node of this.nodes.values()) {
      if (node.kind === "directory") for (const child of node.now.values()) if (child === ino) count += 1;
    }
    return count;
  }

  /** Inodes that can be reached from the root, by the names of one side. */
  reachable(side: "now" | "durable"): Set<number> {
    const found = new Set<number>();
    const walk = (ino: number): void => {
      if (found.has(ino)) return;
      found.add(ino);
      const node = this.nodes.get(ino);
      if (node?.kind === "directory") for (const child of node[side].values()) walk(child);
    };
    walk(ROOT);
    return found;
  }
}

export function emptyDirectory(): DirectoryNode {
  return { kind: "directory", now: new Map(), durable: new Map() };
}

function cloneDirectory(node: DirectoryNode): DirectoryNode {
  return { kind: "directory", now: new Map(node.now), durable: new Map(node.durable) };
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** An error as Node's `fs` throws it, with `code`. */
export function fileError(code: string, path: string, act = "access"): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${act} '${path}'`), { code, syscall: act, path });
}
