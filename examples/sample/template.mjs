/**
 * Text with holes. `{city}` is a value of the list `city`, the same one all through a conversation; `{city2}` is another value of it;
 * `{^city}` starts with a capital; `a {city}` becomes "an" before a vowel; `{this|that}` is one of the alternatives. Other braces are
 * text, so code can be quoted. ` :: ` and ` ;; ` set off the items of a list: see `manner.mjs`.
 */
const HOLE = /(\b[Aa] )?\{(\^?[a-z]+[2-9]?|[^{}\n]*\|[^{}\n]*)\}/g;
/** What is said with "an": an onion, an 11-year-old; not a UX designer. */
const AFTER_AN = /^(?:[aeio]|u(?!x|se|ni)|8|11|18)/i;
const NAME = /^(\^?)([a-z]+)([2-9]?)$/;

/**
 * @param {string} template
 * @param {{ values: (name: string) => readonly string[], bound: Map<string, string>, chooser: import("./chooser.mjs").Chooser }} scope
 */
export function fill(template, { values, bound, chooser }) {
  return template.replace(HOLE, (_, article = "", hole) => {
    if (hole.includes("|"))
      return article + chooser.leastUsed(hole.split("|"), (alternative) => `${template}|${alternative}`);
    const [, capital, name, number] = NAME.exec(hole);
    const key = name + number;
    if (!bound.has(key)) {
      const taken = new Set([...bound].filter(([other]) => NAME.exec(other)[2] === name).map(([, value]) => value));
      const free = values(name).filter((value) => !taken.has(value));
      bound.set(
        key,
        chooser.leastUsed(free, (value) => `${name}=${value}`),
      );
    }
    const text = bound.get(key);
    if (article) return `${article.trimEnd()}${AFTER_AN.test(text) ? "n" : ""} ${text}`;
    return capital ? text[0].toUpperCase() + text.slice(1) : text;
  });
}

/** The literal pieces of a template: what lies between its holes, each alternative, each item. */
export function piecesOf(template) {
  const alternatives = [...template.matchAll(HOLE)].filter(([, , hole]) => hole.includes("|"));
  return [
    ...template.replace(HOLE, "\0").split(/\0| :: | ;; /),
    ...alternatives.flatMap(([, , hole]) => hole.split("|")),
  ];
}
