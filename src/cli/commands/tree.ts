import { VISUALISE_STYLES, visualisePipelineResults } from "../../pipeline/visualise.js";
import { Cluster } from "../../rows/builtin.js";
import type { Command } from "../command.js";
import { EXIT_CODES } from "../command.js";
import { COPIES_OPTIONS, openCopies } from "../copies.js";
import { treeWidth, wantsColor } from "../terminal.js";

const OPTIONS = {
  style: { kind: "choice", choices: VISUALISE_STYLES, default: "enhanced", about: "how much to draw" },
  ...COPIES_OPTIONS,
} as const;

/** The checkpoint that holds the whole hierarchy. */
const HIERARCHY = "meta_clusters";

export const tree: Command<typeof OPTIONS> = {
  spec: {
    name: "tree",
    about: `Draw the hierarchy of clusters (checkpoint ${HIERARCHY}).`,
    options: OPTIONS,
    example: "kura tree --style rich",
  },
  async run({ options: { style, out, format, config } }, effects) {
    const { stdout, signal } = effects;
    const copies = await openCopies({ typed: out, format, config }, effects);
    const manager = await copies.holder(HIERARCHY);
    await copies.sayWhichIsTaken(HIERARCHY, effects);
    const clusters = await manager.loadCheckpoint(HIERARCHY, Cluster, { signal });
    if (!clusters) throw await copies.missing(HIERARCHY);
    const color = wantsColor(stdout, effects);
    await stdout.write(`${visualisePipelineResults(clusters, { style, width: treeWidth(stdout), color })}\n`);
    return EXIT_CODES.ok;
  },
};
