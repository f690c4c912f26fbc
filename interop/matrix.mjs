/** Findings as a table for each kind of format: tool and direction down, checkpoint across, files that passed of files tried in each cell. */
import { CODECS, FORMATS } from "./formats.mjs";

const CHECKPOINTS = ["conversations", "summaries", "embeddings", "clusters", "meta_clusters", "dimensionality"];

/** What stands across; sets that try a codec have a column of their own. */
const COLUMNS = {
  "JSON Lines": CHECKPOINTS,
  Parquet: [...CHECKPOINTS, ...CODECS],
  "HuggingFace datasets": CHECKPOINTS,
};

const columnOf = ({ set, checkpoint }) => (CODECS.includes(set) ? set : checkpoint);

const DIRECTIONS = {
  reads: "opens our file",
  "is read": "its file opens here",
  "same bytes": "our file, loaded and saved by it: same bytes",
  "same bytes back": "its file, loaded and saved here: same bytes",
};

/** @returns {{ text: string, markdown: string, passed: number, failed: number, skipped: number }} */
export function matrix(reports) {
  const findings = reports.flatMap((report) =>
    report.findings.map((finding) => ({ ...finding, tool: `${report.tool} ${report.version}` })),
  );
  const failures = findings.filter(({ ok }) => ok === false);
  const limits = findings.filter(({ what }) => what === "skipped");
  const unavailable = reports.filter(({ skipped }) => skipped);

  const parts = Object.keys(COLUMNS).map((title) => ({
    title,
    table: tableOf(title, reports),
    limits: toldOnce(limits.filter((limit) => titleOf(limit) === title)),
  }));
  const said = [
    ...failures.map(
      (f) => `failed: ${f.tool}, ${f.format} ${f.set}/${f.checkpoint}, ${DIRECTIONS[f.what] ?? f.what}: ${f.note}`,
    ),
    ...unavailable.map((report) => `skipped: ${report.tool} ${report.version}: ${report.skipped}`),
  ];
  const text = parts.map(({ title, table, limits }) => `${title}\n\n${plain(table)}\n\n${limits.join("\n")}\n\n`);
  return {
    text: text.join("") + said.join("\n"),
    markdown: page(parts, said, reports),
    passed: findings.filter(({ ok }) => ok === true).length,
    failed: failures.length,
    skipped: limits.length + unavailable.length,
  };
}

/** A limit is said once, with every version that has it and every file that shows it. */
function toldOnce(limits) {
  const byFile = grouped(limits, ({ set, checkpoint, note }) => JSON.stringify([`${set}/${checkpoint}`, note]));
  const files = [...byFile].map(([key, found]) => {
    const [file, reason] = JSON.parse(key);
    return { file, told: `${reason}: ${found.map(({ tool }) => tool).join("; ")}` };
  });
  return [...grouped(files, ({ told }) => told)].map(
    ([told, found]) => `cannot hold: ${found.map(({ file }) => file).join(", ")}: ${told}`,
  );
}

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const titleOf = ({ format }) => FORMATS[format]?.title;

function tableOf(title, reports) {
  const columns = COLUMNS[title];
  return [["tool", "direction", ...columns], ...reports.flatMap((report) => rowsOf(report, title, columns))];
}

function rowsOf({ tool, version, findings, skipped }, title, columns) {
  const name = `${tool} ${version}`;
  if (skipped) return [[name, "skipped", ...columns.map(() => "")]];
  const all = findings.filter((finding) => titleOf(finding) === title);
  return Object.entries(DIRECTIONS)
    .filter(([what]) => all.some((finding) => finding.what === what))
    .map(([what, direction]) => {
      const cells = columns.map((column) => {
        const tried = all.filter((finding) => finding.what === what && columnOf(finding) === column);
        return tried.length === 0 ? "" : `${tried.filter(({ ok }) => ok).length}/${tried.length}`;
      });
      return [name, direction, ...cells];
    });
}

function plain(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function page(parts, said, reports) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const list = (items) => items.map((text) => `- ${text}`).join("\n");
  const part = ({ title, table: [header, ...rows], limits }) => `## ${title}

${[header, header.map(() => "---"), ...rows].map(line).join("\n")}

${list(limits)}
`;
  return `# Interoperability

Written by \`npm run test:interop -- --write-docs\`; not edited by hand. Each cell is files that passed of files tried: rows made to go
wrong (\`interop/rows.mjs\`), the output of \`kura run\` on the sample, and files that Python's Kura made from its own models. Values are compared,
not only counted: what JavaScript meant against what the tool gives, and what Python's json module or pyarrow finds in a tool's file
against what loads here. No manifest lies beside a tool's file. Parquet is written with snappy, and the sample's conversations with each other
codec too, which is looked for in the files; Python's Kura is given files of \`dialect: "kura-python"\`. Two more versions of datasets are tried with
its own directories only.

${parts.map(part).join("\n")}
${list(said)}

## What they do to a JSONL checkpoint that they save

- datasets takes times without fractions of a second for timestamps, and saves every timestamp as milliseconds since 1970
  ([huggingface/datasets#8390](https://github.com/huggingface/datasets/issues/8390)); so does pandas with columns that it converted. Such a number
  loads here as it does in Python's Kura, as a time in UTC; what it lost, its microseconds and its offset, stays lost.
- pandas, unless told otherwise, makes times of columns called \`…_at\` and numbers of texts like "1", and is off by the last digit
  of some floats: the three arguments below are against that.
- DuckDB takes texts that are UUIDs for its UUID; their text is the same.
- All but Python's Kura write fields that are absent as null, or leave out those that are null. Both are null here.

## What they make of a Parquet checkpoint

- Times are texts everywhere: DuckDB, for one, makes times of them with \`created_at::TIMESTAMPTZ\`.
- Metadata is Parquet's JSON: DuckDB's JSON, the Json of datasets, bytes in polars
  ([pola-rs/polars#27219](https://github.com/pola-rs/polars/issues/27219)), text in pandas and Spark. Whichever of them they save opens here.
- Python's Kura with pandas 3 cannot open its own summaries and clusters either, where a text is null.
- Spark's codec \`lz4\` is an older one with Hadoop's frames; its \`lz4_raw\` is the one meant here. Both are read here; pages of more
  than 256 kB in the older one are not read by pyarrow.

## What they make of a directory of datasets

- Maps and metadata are \`{"keys": […], "values": […]}\`, the values of metadata JSON texts: \`dict(zip(m["keys"], map(json.loads, m["values"])))\`. Other JSON is
  text, and so are times.
- \`dataset_info.json\` says nothing of rows; their features are in each shard, where every version of datasets finds them.
- What datasets saves anew has no word of ours: its types are those of its features, or of the row type that is asked for.
- Python's Kura keeps null as "", [] or 0, vectors and coordinates as float32, and what is no list in metadata as \`str()\` of it. Its own three
  words for null, true and false are read as such, and a warning says so (\`altered-values\`). With datasets 4 it cannot save conversations at all.
- polars and pyarrow read shards as the Arrow streams that they are, and streams of theirs beside a \`state.json\` open here.

## How each tool opens a checkpoint

${list(
  reports.map(
    ({ tool, version, how }) =>
      `${tool} ${version}: ${Object.values(how)
        .map((code) => `\`${code}\``)
        .join(", ")}`,
  ),
)}

Of Python's Kura, its checkpoint managers and row types are used as installed; its \`__init__\`, which imports the whole pipeline, is not run.
`;
}
