import { describe, expect, it } from "vitest";
import { renderCluster, renderConversation, renderForNaming, renderSummary } from "../../src/steps/rendering.js";
import { cluster, conversation, summary } from "./make.js";

describe("what is embedded and sent", () => {
  it("is what was said, never an id or metadata", () => {
    const secret = { metadata: { email: "secret-meta" } };
    const rendered = [
      renderConversation({ ...conversation("secret-id", "How do I bake bread?"), ...secret }),
      renderSummary(
        summary("secret-id", "Bread is baked.", {
          request: "bake bread",
          topic: "bread",
          task: "The task is to bake.",
          ...secret,
        }),
      ),
      renderForNaming(summary("secret-id", "Bread is baked.", { request: "bake bread", ...secret })),
      renderCluster(
        cluster("secret-id", ["secret-chat"], { name: "Bread", description: "2 conversations about bread." }),
      ),
    ];
    expect(rendered).toEqual([
      "user: How do I bake bread?\nassistant: Sure.",
      "bake bread\nBread is baked.\nbread\nThe task is to bake.",
      "bake bread\nBread is baked.",
      "Bread\n2 conversations about bread.",
    ]);
  });

  it("does not say twice what a summary quotes", () => {
    const row = summary("a", "We moved. How do I bake bread? Use rye.", { request: "How do I bake bread?" });
    expect(renderSummary(row)).toBe("We moved. How do I bake bread? Use rye.");
    expect(renderForNaming(row).match(/bake/g)).toHaveLength(1);
  });

  it("is the summary alone where nothing else is known", () => {
    expect(renderSummary(summary("a", "Bread."))).toBe("Bread.");
    expect(renderForNaming(summary("a", "Bread.", { request: "" }))).toBe("Bread.");
  });
});
