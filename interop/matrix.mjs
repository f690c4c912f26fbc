/** Findings as a table: tool and direction down, checkpoint across, files that passed of files tried in each cell. */

const CHECKPOINTS = ["conversations", "summaries", "embeddings", "clusters", "meta_clusters", "dimensionality"];

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

  const header = ["tool", "direction", ...CHECKPOINTS];
  const table = reports.flatMap((report) => rowsOf(report));
  const said = [
    ...failures.map((f) => `failed: ${f.tool}, ${f.set}/${f.checkpoint}, ${DIRECTIONS[f.what] ?? f.what}: ${f.note}`),
    ...[...byReason(limits)].map(([reason, where]) => `cannot hold: ${reason}: ${where.join("; ")}`),
    ...unavailable.map((report) => `skipped: ${report.tool} ${report.version}: ${report.skipped}`),
  ];
  return {
    text: `${plain([header, ...table])}\n\n${said.join("\n")}`,
    markdown: page(header, table, said, reports),
    passed: findings.filter(({ ok }) => ok === true).length,
    failed: failures.length,
    skipped: limits.length + unavailable.length,
  };
}

/** A limit is said once, with every version that has it. */
function byReason(limits) {
  const reasons = new Map();
  for (const { set, checkpoint, note, tool } of limits) {
    const reason = `${set}/${checkpoint}, ${note}`;
    reasons.set(reason, [...(reasons.get(reason) ?? []), tool]);
  }
  return reasons;
}

function rowsOf({ tool, version, findings, skipped }) {
  const name = `${tool} ${version}`;
  if (skipped) return [[name, "skipped", ...CHECKPOINTS.map(() => "")]];
  return Object.entries(DIRECTIONS)
    .filter(([what]) => findings.some((finding) => finding.what === what))
    .map(([what, direction]) => {
      const cells = CHECKPOINTS.map((checkpoint) => {
        const tried = findings.filter((finding) => finding.what === what && finding.checkpoint === checkpoint);
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

function page(header, table, said, reports) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return `# Interoperability

Written by \`npm run test:interop -- --write-docs\`; not edited by hand. Each cell is files that passed of files tried: rows made to go
wrong (\`interop/rows.mjs\`), the output of \`kura run\` on the sample, and files that Python's Kura made from its own models. Values are compared,
not only counted: what JavaScript meant against what the tool gives, and what Python's json module finds in a tool's file against what
loads here. No manifest lies beside a tool's file.

${[line(header), line(header.map(() => "---")), ...table.map(line)].join("\n")}

${said.map((text) => `- ${text}`).join("\n")}

## What they do to a checkpoint that they save

- datasets takes times without fractions of a second for timestamps, and saves every timestamp as milliseconds since 1970
  ([huggingface/datasets#8390](https://github.com/huggingface/datasets/issues/8390)); so does pandas with columns that it converted. Such a number
  loads here as it does in Python's Kura, as a time in UTC; what it lost, its microseconds and its offset, stays lost.
- pandas, unless told otherwise, makes times of columns called \`…_at\` and numbers of texts like "1", and is off by the last digit
  of some floats: the three arguments below are against that.
- DuckDB takes texts that are UUIDs for its UUID; their text is the same.
- All but Python's Kura write fields that are absent as null, or leave out those that are null. Both are null here.

## How each tool opens a checkpoint

${reports.map(({ tool, version, how }) => `- ${tool} ${version}: \`${how}\``).join("\n")}

Of Python's Kura, its checkpoint managers and row types are used as installed; its \`__init__\`, which imports the whole pipeline, is not run.
`;
}
