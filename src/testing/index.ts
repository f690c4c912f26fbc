/*
 * For whoever makes a checkpoint manager: what it has to do, as a suite for any test runner. Not part of what runs.
 */
export { checkpointContract, type Implementation, type SuiteOptions, type TestRunner } from "./checkpoint-contract.js";
export { copyContract } from "./copy-contract.js";
