import { describe, expect, it } from "vitest";
import { withoutAsking } from "../../src/models/offline/asking.js";
import { titlesOf } from "../../src/models/offline/titles.js";

const textsOf = (request: string, language = "english") => titlesOf(request, language).map(({ text }) => text);

describe("asking", () => {
  it("is cut off in each language, and what is left has a kind", () => {
    for (const [clause, language, text, kind] of [
      ["Could you please tell me how to reset my password?", "english", "reset my password", "act"],
      ["I'm looking for a gift for my dad", "english", "a gift for my dad", "thing"],
      ["heres the first paragraph of my essay", "english", "the first paragraph of my essay", "thing"],
      ["why is my laptop so slow", "english", "my laptop so slow", "state"],
      ["I lost my phone", "english", "lost my phone", "experience"],
      ["is a reservation required", "english", "is a reservation required", "question"],
      ["¿Cómo puedo cancelar mi suscripción?", "spanish", "cancelar mi suscripción", "act"],
      ["Pouvez-vous m'aider à écrire une lettre ?", "french", "écrire une lettre", "act"],
      ["Wie kann ich mein Abo kündigen?", "german", "mein Abo kündigen", "act"],
      ["Warum stürzt mein Skript ab?", "german", "Warum stürzt mein Skript ab", "question"],
      ["サブスクリプションの解約方法を教えてください", "japanese", "サブスクリプションの解約方法", "state"],
    ] as const)
      expect(withoutAsking(clause, language), clause).toEqual({ text, kind });
  });

  it("leaves what is nothing but asking", () => {
    expect(withoutAsking("can you help me").text).not.toBe("");
    expect(withoutAsking("").text).toBe("");
  });
});

describe("titles", () => {
  it("end where a phrase ends", () => {
    expect(textsOf("How do I get a refund for the unused months of my plan?")).toEqual([
      "get a refund",
      "get a refund for the unused months of my plan",
    ]);
  });

  it("keep particles with their verbs, and not with the places behind them", () => {
    expect(textsOf("I can't log in with Google")).toContain("can't log in");
    expect(textsOf("I have a job interview in eight years")).not.toContain("job interview in");
  });

  it("never cut a sentence in the middle, nor end before what it needs", () => {
    expect(textsOf("the login is tied to my old phone")).toEqual(["login is tied to my old phone"]);
    expect(textsOf("React and CSS confuse me")).not.toContain("React and CSS confuse");
    expect(textsOf("tell my boss that I quit")).not.toContain("tell my boss");
  });

  it("do not begin with what hangs on something before", () => {
    expect(textsOf("I moved in, behind the walls")).not.toContain("behind the walls");
    expect(textsOf("because of the noise")).toEqual([]);
  });

  it("hold no quotation, formula or bracket that is cut", () => {
    for (const text of textsOf('what does "Too many re-renders" in (React) mean for x = y'))
      expect(text).not.toMatch(/["=]|\([^)]*$/);
  });

  it("tell commands from sentences that begin with the same word", () => {
    expect(titlesOf("build a shed", "english")[0]!.kind).toBe("act");
    expect(titlesOf("build takes hours", "english").map(({ kind }) => kind)).not.toContain("act");
  });

  it("find what is wanted behind a conjunction", () => {
    expect(textsOf("Tengo una tabla y necesito la última fila", "spanish")).toContain("última fila");
  });

  it("come of nothing for nothing", () => {
    for (const text of ["", " ", "?!", "the", "😀", "12 34"]) expect(textsOf(text)).toEqual([]);
  });
});
