export interface HubRequest {
  readonly method: string;
  readonly url: string;
  readonly origin: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly range: string | undefined;
  readonly hasToken: boolean;
  readonly userAgent: string | undefined;
  readonly bytesIn: number;
  /** Of the body. */
  readonly bytesOut: number;
  readonly status: number | undefined;
}

export interface HubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What is done to one request. */
export interface HubFault {
  delayMs?: number;
  /** The connection breaks: before anything is done, or when it is done and before that is said. */
  reset?: "before" | "after";
  /** Nothing more is heard. */
  stall?: "before";
  /** The connection breaks when so many bytes of the request's body have come. */
  resetUploadAt?: number;
  /** Instead of doing it. */
  answer?: HubAnswer;
  /** It is done, and this is said. */
  answerAfter?: HubAnswer;
  /** The body breaks off, or stops, after so many bytes; or one bit of this byte is wrong. */
  cutAt?: number;
  stallAt?: number;
  flipAt?: number;
}

export interface HubFile {
  readonly oid: string;
  readonly size: number;
  readonly lfs?: string;
}

export interface HubRepository {
  readonly id: string;
  isPrivate: boolean;
  gated: false | "auto" | "manual";
  readonly admitted: Set<string>;
  readonly branches: Map<string, string>;
  readonly tags: Map<string, string>;
  readonly commits: Map<
    string,
    { tree: Map<string, HubFile>; parent: string | null; title: string; message: string; date: string }
  >;
  resolve(revision: string): string | undefined;
  treeAt(commit: string): Map<string, HubFile>;
  log(commit: string): { id: string; title: string; message: string }[];
  commit(
    branch: string,
    options: { parent?: string; title: string; changes: { key: string; value: Record<string, unknown> }[] },
  ): string;
}

export interface HubKnobs {
  readonly objects: { dropLarge(oid: string): void };
  redirects: boolean;
  partBytes: number | undefined;
  largeBytes: number | undefined;
  treePage: number | undefined;
  signature: string;
  renamedStatus: 301 | 302 | 303 | 307 | 308;
}

export interface HubUser {
  name: string;
  role: "read" | "write";
  orgs?: string[];
}

export interface TestHub {
  readonly url: string;
  readonly storageUrl: string;
  readonly knobs: HubKnobs;
  readonly log: HubRequest[];
  onRequest(decide: (request: HubRequest) => HubFault | undefined | Promise<HubFault | undefined>): void;
  create(id: string, options?: { isPrivate?: boolean; gated?: false | "auto" | "manual" }): HubRepository;
  repo(id: string): HubRepository | undefined;
  rename(id: string, to: string): void;
  files(id: string, revision?: string): Map<string, Buffer>;
  close(): Promise<void>;
}

/** Of loopback alone; without `tokens`, `hf_writer` is the user "me", who may write and belongs to "acme". */
export function startHub(
  options?: Partial<HubKnobs> & { tokens?: Record<string, HubUser>; port?: number; record?: boolean },
): Promise<TestHub>;
