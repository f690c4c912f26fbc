// One of several processes that put answers at once, and ask for some that the others ask for too. Arguments: the built library, the
// directory, its number, how many answers.
import { pathToFileURL } from "node:url";
import { answerNumbered, keyNumbered } from "./kill-plan.mjs";

const [library, directory, me, count] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${library}/${path}`).href);
const { AnswerStore } = await load("checkpoints/answers/answer-store.js");
const { Answers } = await load("checkpoints/answers/answers.js");
const { LocalStorage } = await load("storage/local.js");

const warnings = [];
const store = await AnswerStore.open(new LocalStorage(directory), { onWarning: (warning) => warnings.push(warning) });
const answers = new Answers(store);
const start = Number(me) * Number(count);
const own = Array.from({ length: Number(count) }, (_, i) => start + i);
// Every tenth number is asked for by all.
const queue = own.flatMap((number, i) => (i % 10 === 0 ? [number, 1_000_000 + i] : [number])).values();
await Promise.all(
  Array.from({ length: 20 }, async () => {
    for (const number of queue) {
      const { key, at, ...outcome } = answerNumbered(number);
      await answers.ask({ key: keyNumbered(number), step: "test", call: async () => outcome });
    }
  }),
);
await store.refresh();
await store.close();
process.stdout.write(JSON.stringify({ tally: answers.tally("test"), warnings }));
