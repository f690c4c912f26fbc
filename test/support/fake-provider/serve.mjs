/**
 * The fake provider as a process of its own, so that a benchmark measures the caller alone. Prints its address; `GET` any path for counts.
 *
 *   node test/support/fake-provider/serve.mjs [JSON of FakeProviderOptions]
 */
import { startFakeProvider } from "./fake-provider.mjs";

const { baseUrl } = await startFakeProvider({ remember: false, ...JSON.parse(process.argv[2] ?? "{}") });
console.log(baseUrl);
