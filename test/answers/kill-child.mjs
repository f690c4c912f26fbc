// A process to be killed: puts answers, collects and starts anew in a loop, and says on its standard output what it is about to do, what
// was acknowledged, and each call of the file system. Arguments: the built library, the directory, the first number, and after how many
// calls to stop, or nothing.
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { answerNumbered, isNeeded, keyNumbered, roundNumbered } from "./kill-plan.mjs";

const [library, directory, first, stopAfter] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${library}/${path}`).href);
const { AnswerStore } = await load("checkpoints/answers/answer-store.js");
const { LocalStorage } = await load("storage/local.js");
const { nodeFileSystem } = await load("storage/node-file-system.js");

// Written at once: what was said before a kill was said.
const say = (line) => writeSync(1, `${line}\n`);
let act = "open";
let calls = 0;

const told = (name, run) => {
  // Locks beat when they like, and are not under test.
  if (++calls === Number(stopAfter)) {
    say(`at ${act} ${name}`);
    say("stopped");
    return new Promise(() => setInterval(() => {}, 1000));
  }
  if (["file.write", "file.sync", "unlink", "syncDirectory"].includes(name)) say(`at ${act} ${name}`);
  return run();
};
const telling = Object.fromEntries(
  Object.entries(nodeFileSystem).map(([name, run]) => [
    name,
    (path, ...rest) => {
      if (path.includes("/locks/")) return run(path, ...rest);
      return told(name, async () => {
        const result = await run(path, ...rest);
        if (name !== "open") return result;
        return Object.fromEntries(
          Object.entries(result).map(([inner, call]) => [
            inner,
            (...args) => told(`file.${inner}`, () => call(...args)),
          ]),
        );
      });
    },
  ]),
);

const storage = new LocalStorage(directory, { fileSystem: telling });
let store = await AnswerStore.open(storage);
for (let round = Number(first); ; round++) {
  const { groups, then } = roundNumbered(round);
  for (const group of groups) {
    act = "put";
    say(`begin ${group.join(",")}`);
    await Promise.all(group.map((number) => store.put(answerNumbered(number)).then(() => say(`kept ${number}`))));
  }
  act = then;
  if (then === "collect") {
    const needed = new Set();
    for (let number = 0; number < groups.at(-1).at(-1) + 1; number++)
      if (isNeeded(number)) needed.add(keyNumbered(number));
    const { skipped } = await store.collect({ keep: (key) => needed.has(key), maxAgeMs: 0 });
    say(`collected ${skipped.length}`);
  }
  if (then === "close") {
    await store.close();
    say("closed");
    act = "open";
    store = await AnswerStore.open(storage);
  }
  say(`round ${round}`);
}
