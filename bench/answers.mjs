/*
 * The store of answers on a local disk: acknowledged answers a second with many in flight, opening, reading, and what a million of them take
 * in memory. Every answer is another, of about a kilobyte. The peer is the floor: the same bytes appended and synced by hand, a batch a time.
 *
 *   node --expose-gc bench/answers.mjs [--answers 1000000] [--in-flight 1000] [--dir .]      needs a build
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AnswerStore, Answers, LocalStorage } from "../dist/index.js";
import { random, summaries } from "./rows.mjs";

const { values } = parseArgs({
  options: {
    answers: { type: "string", default: "1000000" },
    "in-flight": { type: "string", default: "1000" },
    dir: { type: "string", default: "." },
    part: { type: "string" },
  },
});
const COUNT = Number(values.answers);
const IN_FLIGHT = Number(values["in-flight"]);

const keyOf = (number) => createHash("sha256").update(`answer ${number}`).digest("hex");
const AT = new Date(0).toISOString();

function* texts(count) {
  const made = summaries(count);
  for (let number = 0; number < count; number++) {
    const { chat_id, embedding, metadata, ...answer } = made.next().value;
    yield { number, chatId: chat_id, text: JSON.stringify(answer, undefined, 1) };
  }
}

const PARTS = {
  async put(directory) {
    const storage = new LocalStorage(directory);
    const store = await AnswerStore.open(storage);
    // Made beforehand by pieces, so that making them is not what is measured.
    let bytes = 0;
    let seconds = 0;
    let cpuSeconds = 0;
    const made = texts(COUNT);
    for (let done = 0; done < COUNT; ) {
      const piece = Array.from({ length: Math.min(50_000, COUNT - done) }, () => made.next().value);
      for (const { text } of piece) bytes += Buffer.byteLength(text);
      const queue = piece.values();
      globalThis.gc?.();
      const cpu = process.cpuUsage();
      const started = performance.now();
      await Promise.all(
        Array.from({ length: IN_FLIGHT }, async () => {
          for (const { number, chatId, text } of queue) {
            const usage = { inputTokens: 900, outputTokens: 250 };
            await store.put({ key: keyOf(number), value: text, usage, attempts: 1, at: AT, chatId, step: "summaries" });
          }
        }),
      );
      seconds += (performance.now() - started) / 1000;
      const used = process.cpuUsage(cpu);
      cpuSeconds += (used.user + used.system) / 1e6;
      done += piece.length;
    }
    await store.close();
    const segments = await storage.list(".kura/answers");
    const diskBytes = segments.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { seconds, cpuSeconds, textBytes: bytes / COUNT, diskBytes: diskBytes / COUNT };
  },

  async ask(directory) {
    const store = await AnswerStore.open(new LocalStorage(directory));
    const answers = new Answers(store);
    const piece = [...texts(Math.min(COUNT, 100_000))];
    const queue = piece.values();
    globalThis.gc?.();
    const cpu = process.cpuUsage();
    const started = performance.now();
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        for (const { number, chatId, text } of queue)
          await answers.ask({
            key: keyOf(`asked ${number}`),
            chatId,
            step: "summaries",
            call: async () => ({ value: text }),
          });
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    const used = process.cpuUsage(cpu);
    await store.close();
    return { seconds, cpuSeconds: (used.user + used.system) / 1e6, count: piece.length };
  },

  async floor(directory) {
    const file = await open(join(directory, "floor"), "wx");
    const piece = [...texts(Math.min(COUNT, 100_000))].map(({ text }) => Buffer.from(`${text}\n`));
    const started = performance.now();
    for (let at = 0; at < piece.length; at += IN_FLIGHT) {
      await file.write(Buffer.concat(piece.slice(at, at + IN_FLIGHT)));
      await file.sync();
    }
    const seconds = (performance.now() - started) / 1000;
    await file.close();
    return { seconds, count: piece.length };
  },

  async read(directory) {
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const started = performance.now();
    const store = await AnswerStore.open(new LocalStorage(directory), { readOnly: true });
    const openSeconds = (performance.now() - started) / 1000;
    const openPeak = process.resourceUsage().maxRSS / 1024;
    globalThis.gc?.();
    const opened = process.memoryUsage();
    const next = random(7);
    const reads = Math.min(COUNT, 100_000);
    const from = performance.now();
    const wanted = Array.from({ length: reads }, () => Math.floor(next() * COUNT)).values();
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (const number of wanted)
          if (typeof (await store.get(keyOf(number)))?.value !== "string")
            throw new Error(`answer ${number} is missing`);
      }),
    );
    const readSeconds = (performance.now() - from) / 1000;
    const peak = process.resourceUsage().maxRSS / 1024;
    await store.close();
    return {
      size: store.size,
      openSeconds,
      openPeak,
      grownBy: (opened.rss - before) / 2 ** 20,
      buffers: opened.arrayBuffers / 2 ** 20,
      reads,
      readSeconds,
      peak,
    };
  },
};

if (values.part) {
  const [name, directory] = values.part.split(":");
  console.log(JSON.stringify(await PARTS[name](directory)));
} else {
  const directory = await mkdtemp(join(values.dir, "bench-answers-"));
  const run = (name) => {
    const args = ["--answers", values.answers, "--in-flight", values["in-flight"], "--part", `${name}:${directory}`];
    const child = spawnSync(process.execPath, ["--expose-gc", process.argv[1], ...args], { encoding: "utf8" });
    if (child.status !== 0) throw new Error(`${name} failed: ${child.stderr}`);
    return JSON.parse(child.stdout);
  };
  try {
    const put = run("put");
    const read = run("read");
    const ask = run("ask");
    const floor = run("floor");
    const rate = (count, seconds) => Math.round(count / seconds).toLocaleString("en");
    console.log(
      `${COUNT.toLocaleString("en")} answers, texts of ${put.textBytes.toFixed(0)} bytes, ${put.diskBytes.toFixed(0)} on disk, ${IN_FLIGHT} in flight, one process`,
    );
    console.log(
      `  put, acknowledged:    ${rate(COUNT, put.seconds)}/s, ${((put.cpuSeconds / COUNT) * 1e6).toFixed(1)} µs of CPU each`,
    );
    console.log(
      `  ask, each a new call: ${rate(ask.count, ask.seconds)}/s, ${((ask.cpuSeconds / ask.count) * 1e6).toFixed(1)} µs of CPU each`,
    );
    console.log(
      `  floor:                ${rate(floor.count, floor.seconds)}/s (append and sync ${IN_FLIGHT} at a time, keys and checks left out)`,
    );
    console.log(
      `  open ${read.size.toLocaleString("en")}:       ${read.openSeconds.toFixed(2)} s, peak ${read.openPeak.toFixed(0)} MB`,
    );
    console.log(
      `  in memory then:       ${read.grownBy.toFixed(0)} MB more than before, ${read.buffers.toFixed(0)} MB of it buffers`,
    );
    console.log(
      `  read at random:       ${rate(read.reads, read.readSeconds)}/s with 50 at a time, peak of the process ${read.peak.toFixed(0)} MB`,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
