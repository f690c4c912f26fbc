/**
 * How a copy is, beside the newest state that any of them has.
 *
 * `good`: it has that · `absent`: it has nothing · `behind`: it missed a save or a deletion · `diverged`: something was saved or deleted
 * here alone, and something else elsewhere, later · `damaged` · `unversioned`: another program's file, which nothing says the age of ·
 * `failed`: it does not answer.
 */
export type CopyState = "good" | "absent" | "behind" | "diverged" | "damaged" | "unversioned" | "failed";
