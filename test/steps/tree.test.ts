import { describe, expect, it } from "vitest";
import { treeOf, walk } from "../../src/steps/tree.js";
import { cluster } from "./make.js";

describe("a tree", () => {
  it("has the largest first, then goes by name, with levels and counts of its own", () => {
    const tree = treeOf([
      cluster("small", ["a"], { parent_id: "root" }),
      cluster("b", ["a", "b"], { parent_id: "root" }),
      cluster("a", ["c", "c", "d"], { parent_id: "root", count: 99 }),
      cluster("root", ["a", "b", "c", "d"]),
    ]);
    expect([...walk(tree)].map(({ cluster: { id }, level, count }) => [id, level, count])).toEqual([
      ["root", 0, 4],
      ["a", 1, 2],
      ["b", 1, 2],
      ["small", 1, 1],
    ]);
  });

  it("takes a cluster whose parent is not there for a root", () => {
    expect(treeOf([cluster("a", ["x"], { parent_id: "gone" })])).toHaveLength(1);
  });

  it("refuses parents that go in a circle", () => {
    expect(() => treeOf([cluster("a", ["x"], { parent_id: "b" }), cluster("b", ["x"], { parent_id: "a" })])).toThrow(
      "2 are their own ancestors",
    );
  });
});
