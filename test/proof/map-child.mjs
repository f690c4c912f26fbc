// A process that maps numbers to what a server says of each, to be killed. Arguments: the built library, the directory, the server, how
// many, how many at once.
import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const [library, directory, server, count, concurrency] = process.argv.slice(2);
const { JSONLCheckpointManager, resumableMap } = await import(pathToFileURL(`${library}/index.js`).href);

const agent = new Agent({ keepAlive: true });
const ask = (id) =>
  new Promise((resolve, reject) => {
    get(`${server}/${id}`, { agent }, (response) => text(response).then(resolve, reject)).on("error", reject);
  });
const { tally } = await resumableMap({
  name: "replies",
  inputs: Array.from({ length: Number(count) }, (_, number) => ({ id: String(number) })),
  key: ({ id }) => id,
  concurrency: Number(concurrency),
  fn: async ({ id }) => ({ id, reply: await ask(id) }),
  checkpointManager: new JSONLCheckpointManager(directory),
});
agent.destroy();
process.stdout.write(JSON.stringify(tally));
