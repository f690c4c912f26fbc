const ARCHIVE = "unpack it first, the file inside is conversations.json";

/** First bytes (latin1) of files that people hand in by mistake. */
const FOREIGN: readonly (readonly [start: string, what: string])[] = [
  ["PK\x03\x04", `it looks like a zip archive: ${ARCHIVE}`],
  ["PK\x05\x06", "it looks like an empty zip archive"],
  ["\x1f\x8b", "it looks like a gzip file: unpack it first (gunzip)"],
  ["BZh", "it looks like a bzip2 file: unpack it first (bunzip2)"],
  ["\xfd7zXZ", "it looks like an xz file: unpack it first (unxz)"],
  ["\x28\xb5\x2f\xfd", "it looks like a Zstandard file: unpack it first (unzstd)"],
  ["7z\xbc\xaf\x27\x1c", `it looks like a 7-Zip archive: ${ARCHIVE}`],
  ["PAR1", "it looks like a Parquet file; conversations are read from JSON"],
  ["ARROW1", "it looks like an Arrow file; conversations are read from JSON"],
  ["SQLite format 3", "it looks like an SQLite database; conversations are read from JSON"],
  ["%PDF", "it looks like a PDF; conversations are read from JSON"],
  ["\xff\xfe", "it is UTF-16 text, and JSON is read as UTF-8: convert it (iconv -f UTF-16 -t UTF-8)"],
  ["\xfe\xff", "it is UTF-16 text, and JSON is read as UTF-8: convert it (iconv -f UTF-16 -t UTF-8)"],
];

/** What a file is, if its first bytes say that it is no UTF-8 text. */
export function foreignBytes(head: Buffer): string | undefined {
  const start = head.toString("latin1", 0, 16);
  const found = FOREIGN.find(([bytes]) => start.startsWith(bytes));
  if (found) return found[1];
  // In UTF-16 without a mark, every other byte of ASCII is zero.
  if (/^(?:\0[^\0]|[^\0]\0)/.test(start))
    return "it looks like UTF-16 text, and JSON is read as UTF-8: convert it (iconv -f UTF-16LE or UTF-16BE, -t UTF-8)";
  if (start.includes("\0")) return "it is binary, not JSON text";
  if (start.trimStart().startsWith("<"))
    return "it looks like HTML or XML; conversations are read from JSON: in an export, that is conversations.json";
  return undefined;
}
