// Hashes the bytes of a file as a run does. Arguments: the built library, the file.
import { pathToFileURL } from "node:url";

const [library, file] = process.argv.slice(2);
const { hashInput } = await import(pathToFileURL(`${library}/loaders/hash-input.js`).href);
process.stdout.write(await hashInput(file));
