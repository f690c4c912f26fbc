import { describe, expect, it } from "vitest";
import { visualisePipelineResults } from "../../src/pipeline/visualise.js";
import { cutToWidth, displayWidth } from "../../src/pipeline/visualise-text.js";
import type { Cluster } from "../../src/rows/builtin.js";

function cluster(id: string, parent: string | null, chatIds: string[], extra: Partial<Cluster> = {}): Cluster {
  return {
    id,
    name: `Name ${id}`,
    description: `About ${id}`,
    slug: id,
    chat_ids: chatIds,
    parent_id: parent,
    count: 999,
    ...extra,
  };
}
const ids = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `c${from + index}`);

const TREE = [
  cluster("small", null, ids(4, 40)),
  cluster("big", null, []),
  cluster("b", "big", ids(20)),
  cluster("a", "big", ids(20, 20)),
  cluster("leaf", "a", ids(6, 20), { name: "要約する 📊", description: "x".repeat(100) }),
];

describe("visualisePipelineResults", () => {
  it("draws names and counts, largest first, then by name", () => {
    expect(visualisePipelineResults(TREE, { style: "basic" })).toMatchInlineSnapshot(`
      "Clusters (44 conversations)
      ╠══ Name big (40)
      ║   ╠══ Name a (20)
      ║   ║   ╚══ 要約する 📊 (6)
      ║   ╚══ Name b (20)
      ╚══ Name small (4)"
    `);
  });

  it("adds shares, bars, what the roots are about, and statistics", () => {
    expect(visualisePipelineResults(TREE, { width: 60 })).toMatchInlineSnapshot(`
      "Clusters (44 conversations)
      ╠══ Name big             40  90.9%  ████████████████████
      ║   About big
      ║   ╠══ Name a           20  45.5%  ██████████
      ║   ║   ╚══ 要約する 📊   6  13.6%  ███
      ║   ╚══ Name b           20  45.5%  ██████████
      ╚══ Name small            4   9.1%  ██
          About small

      Statistics
        Conversations  44
        Clusters       5
        Levels         3
        Roots          2
        Root sizes     4 to 40, 22.0 on average"
    `);
  });

  it("tells the sizes of roots in the rich style", () => {
    expect(visualisePipelineResults(TREE, { style: "rich" })).toMatchInlineSnapshot(`
      "Clusters (44 conversations)
      ╠══ Name big             40  90.9%  ███████████████
      ║   About big
      ║   ╠══ Name a           20  45.5%  ███████▌
      ║   ║   About a
      ║   ║   ╚══ 要約する 📊   6  13.6%  ██▎
      ║   ║       xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
      ║   ╚══ Name b           20  45.5%  ███████▌
      ║       About b
      ╚══ Name small            4   9.1%  █▌
          About small

      Statistics
        Conversations  44
        Clusters       5
        Levels         3
        Roots          2
        Root sizes     4 to 40, 22.0 on average

      Root sizes
        Large (>100)     0 (0.0%)
        Medium (21-100)  1 (50.0%)
        Small (6-20)     0 (0.0%)
        Tiny (1-5)       1 (50.0%)"
    `);
  });

  it("uses colours only when asked to, and only in the rich style", () => {
    const ansi = "\u001b[";
    expect(visualisePipelineResults(TREE, { style: "rich", color: true })).toContain(ansi);
    expect(visualisePipelineResults(TREE, { style: "enhanced", color: true })).not.toContain(ansi);
    expect(visualisePipelineResults(TREE, { style: "rich" })).not.toContain(ansi);
  });

  it("counts a conversation once, however many clusters hold it", () => {
    const text = visualisePipelineResults([cluster("a", null, ["x", "x", "y"]), cluster("b", null, ["y"])], {
      style: "basic",
    });
    expect(text.split("\n")).toEqual(["Clusters (2 conversations)", "╠══ Name a (2)", "╚══ Name b (1)"]);
  });

  it("makes roots of clusters whose parent is not there", () => {
    const clusters = [cluster("b", "orphan", ["9"]), cluster("orphan", "gone", ["8"]), cluster("a", null, ["1"])];
    expect(visualisePipelineResults(clusters, { style: "basic" }).split("\n").slice(1)).toEqual([
      "╠══ Name orphan (2)",
      "║   ╚══ Name b (1)",
      "╚══ Name a (1)",
    ]);
  });

  it("refuses parents that go in a circle, and says how many and where", () => {
    const circle = [
      cluster("root", null, ["1"]),
      cluster("x", "y", ["2"]),
      cluster("y", "x", ["3"]),
      cluster("tail", "x", ["4"]),
    ];
    expect(() => visualisePipelineResults(circle)).toThrow(
      'Cannot draw 4 clusters as a tree: the parents of 3 go in a circle, such as those of "x"',
    );
    expect(() => visualisePipelineResults([cluster("self", "self", ["1"])])).toThrow("in a circle");
  });

  it("draws as many levels as asked for, and counts all of them", () => {
    expect(visualisePipelineResults(TREE, { style: "basic", levels: 1 })).toBe(
      "Clusters (44 conversations)\n╠══ Name big (40)\n╚══ Name small (4)",
    );
    expect(visualisePipelineResults(TREE, { levels: 2 })).toMatch(/Levels +3$/m);
    expect(visualisePipelineResults(TREE, { levels: 3 })).toBe(visualisePipelineResults(TREE));
  });

  it("aligns numbers and bars, whatever names are made of", () => {
    const text = visualisePipelineResults(TREE, { width: 80 });
    const lines = text.split("\n").filter((line) => line.includes("%"));
    const starts = lines.map((line) => displayWidth(line.slice(0, line.indexOf("%"))));
    expect(lines).toHaveLength(TREE.length);
    expect(new Set(starts).size).toBe(1);
  });

  it("shows both of two rows with one id", () => {
    const text = visualisePipelineResults(
      [cluster("a", null, ["1", "2"]), cluster("a", null, ["3"], { name: "Other" })],
      { style: "basic" },
    );
    expect(text.match(/══/g)).toHaveLength(2);
  });

  it("survives a chain of two thousand parents", () => {
    const chain = Array.from({ length: 2000 }, (_, index) =>
      cluster(`${index}`, index === 0 ? null : `${index - 1}`, index === 1999 ? ["1"] : []),
    );
    expect(visualisePipelineResults(chain, { style: "basic", width: 40 }).split("\n")).toHaveLength(2001);
  });

  it("keeps every line within the width", () => {
    const wide = [cluster("a", null, ids(3), { name: "長い名前".repeat(30), description: "説明".repeat(40) })];
    for (const style of ["basic", "enhanced", "rich"] as const) {
      for (const line of visualisePipelineResults(wide, { style, width: 50 }).split("\n"))
        expect(displayWidth(line)).toBeLessThanOrEqual(50);
    }
  });

  it("does not let a name write escapes or lines", () => {
    const text = visualisePipelineResults([cluster("a", null, ["1"], { name: "a\u001b[31m\nb\u202e" })], {
      style: "basic",
    });
    expect(text).toBe("Clusters (1 conversation)\n╚══ a[31m b (1)");
  });

  it("says so when there are none, and draws clusters without conversations", () => {
    expect(visualisePipelineResults([])).toBe("No clusters");
    expect(visualisePipelineResults([cluster("a", null, [])])).toMatch(/^╚══ Name a {2}0 {2}0\.0%$/m);
  });

  it("refuses what it does not know", () => {
    expect(() => visualisePipelineResults(TREE, { style: "fancy" as never })).toThrow(
      'as "fancy": styles are basic, enhanced, rich',
    );
    expect(() => visualisePipelineResults(TREE, { colour: true } as never)).toThrow('unknown option "colour"');
    expect(() => visualisePipelineResults(TREE, { width: 3 })).toThrow("an integer >= 40 is needed");
    expect(() => visualisePipelineResults(TREE, { levels: 0 })).toThrow("an integer >= 1 is needed");
    expect(() => visualisePipelineResults([{ id: "a" } as never])).toThrow('row 0 has no "name"');
  });
});

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["要約", 4],
    ["👩‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["한글", 4],
    ["a\u200bb", 2],
    ["—“”", 3],
  ])("of %s is %i", (text, width) => expect(displayWidth(text)).toBe(width));

  it("is kept by cutting, which never splits an emoji", () => {
    expect(cutToWidth("abcdef", 4)).toBe("abc…");
    expect(cutToWidth("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 4)).toBe("👩‍👩‍👧…");
    expect(cutToWidth("要約", 4)).toBe("要約");
  });
});
