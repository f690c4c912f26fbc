import { readdirSync, readFileSync } from "node:fs";

/**
 * The material, one text file per domain. A line's first characters say what it is:
 *
 *   == name size     an intent and how many conversations it gets
 *   $name = a | b    values for the hole {name}
 *   ? text           how a user may open; lines in a row are variants of one situation
 *   = text           how the assistant may answer that situation
 *   * text           what a user may add to any opening of the intent
 *   + text           advice for any situation of the intent, put behind an answer
 *   > text           a user goes on; after an answer it belongs to that situation, after --more to any of the intent
 *   ! text           the same, by a user who is let down
 *   < text           a reply to the line above; lines in a row are variants
 *   --more           follow-ups for every situation of the intent
 *   --end            how it may end; a reply is optional
 *   --es             a whole conversation in Spanish (any other code: that language): > and < alternate
 *   \n inside a line is a line break, # a remark
 *
 * @typedef {{ text: string, complaint: boolean, replies: string[] }} Exchange
 * @typedef {{ openings: string[], answers: string[], more: Exchange[] }} Situation
 * @typedef {{ language: string, turns: string[] }} Script
 * @typedef {{ name: string, size: number, values: Map<string, string[]>, situations: Situation[], circumstances: string[],
 *   advice: string[], more: Exchange[], ends: Exchange[], scripts: Script[] }} Intent
 */

const FOLDER = new URL("material/", import.meta.url);

/** @returns {{ intents: Intent[], shared: Intent }} in the order of file names and lines; `shared` holds values for all */
export function readIntents() {
  const intents = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .flatMap((name) => parseIntents(readFileSync(new URL(name, FOLDER), "utf8"), name));
  const shared = intents.find(({ name }) => name === "shared");
  return { intents: intents.filter((intent) => intent !== shared), shared };
}

/** @param {string} text @param {string} fileName @returns {Intent[]} */
function parseIntents(text, fileName) {
  /** @type {Intent[]} */
  const intents = [];
  let section = "situations";
  const reading = {
    "==": (rest) => {
      const [name, size] = rest.split(" ");
      const lists = { situations: [], circumstances: [], advice: [], more: [], ends: [], scripts: [] };
      intents.push({ name, size: Number(size), values: new Map(), ...lists });
      section = "situations";
    },
    $: (rest, intent) => {
      const [, name, values] = /^([a-z]+) = (.+)$/.exec(rest);
      intent.values.set(name, values.split(" | "));
    },
    "?": (rest, { situations }) => {
      const last = situations.at(-1);
      if (last && last.answers.length === 0) last.openings.push(rest);
      else situations.push({ openings: [rest], answers: [], more: [] });
      section = "situations";
    },
    "=": (rest, { situations }) => situations.at(-1).answers.push(rest),
    "*": (rest, intent) => intent.circumstances.push(rest),
    "+": (rest, intent) => intent.advice.push(rest),
    ">": (rest, intent) => said(rest, intent, false),
    "!": (rest, intent) => said(rest, intent, true),
    "<": (rest, intent) => {
      if (section === "script") intent.scripts.at(-1).turns.push(rest);
      else exchangesOf(intent).at(-1).replies.push(rest);
    },
    "--": (rest, intent) => {
      section = rest === "more" || rest === "end" ? rest : "script";
      if (section === "script") intent.scripts.push({ language: rest, turns: [] });
    },
  };
  const exchangesOf = (intent) =>
    section === "more" ? intent.more : section === "end" ? intent.ends : intent.situations.at(-1).more;
  const said = (text, intent, complaint) => {
    if (section === "script") intent.scripts.at(-1).turns.push(text);
    else exchangesOf(intent).push({ text, complaint, replies: [] });
  };

  text.split("\n").forEach((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const mark = /^(?:==|--|[$?=*+>!<])/.exec(line)?.[0];
    try {
      reading[mark](line.slice(mark.length).trim().replaceAll("\\n", "\n"), intents.at(-1));
    } catch (cause) {
      throw new Error(`Cannot read the sample's material: ${fileName}:${index + 1}: ${line.slice(0, 60)}`, { cause });
    }
  });
  return intents;
}
