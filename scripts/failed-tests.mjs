/* The failed tests of a JSON report of Vitest, each with the beginning of its message. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const { testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { name, status, message, assertionResults } of testResults) {
  const failed = assertionResults.filter((test) => test.status === "failed");
  const file = relative(process.cwd(), name);
  for (const { fullName, failureMessages } of failed) tell(`${file}: ${fullName}`, failureMessages.join("\n"));
  if (status === "failed" && failed.length === 0) tell(file, message);
}

function tell(what, message) {
  const lines = message.split("\n").slice(0, 12);
  console.log(`FAILED ${what}\n${lines.map((line) => `    ${line.slice(0, 300)}`).join("\n")}`);
}
