/* What the Hub says of the versions of a repository. A file of its own: the types of the package need nothing else of the client. */

export interface HubCommit {
  readonly id: string;
  readonly title: string;
  readonly message: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface HubRefs {
  /** From names to commits. */
  readonly branches: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}
