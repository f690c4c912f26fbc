import { createHash } from "node:crypto";

const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ł: "l",
  þ: "th",
  ð: "d",
  ı: "i",
};

/** ASCII, words joined by "_", never empty. */
export function slugOf(name: string): string {
  const ascii = name
    .toLowerCase()
    .replace(/[ßæœøđłþðı]/g, (letter) => LETTERS[letter]!)
    .normalize("NFKD")
    .replace(/[^\x20-\x7e]/g, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60)
    .replace(/_+$/, "");
  return /[a-z]{2}/.test(ascii) ? ascii : `cluster_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
