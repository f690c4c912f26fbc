export const LSA_VERSION = 1;

export interface LsaState {
  readonly terms: readonly string[];
  /** By term: how rare it is. */
  readonly weights: Float32Array;
  /** terms x dimensions. */
  readonly projection: Float32Array;
  readonly dimensions: number;
}

const NEW_LINE = 10;
const WAY_OUT = "run the embedding step again";

/** A line of JSON with the terms, then the weights and the projection as little-endian float32. */
export function encodeLsaState({ terms, weights, projection, dimensions }: LsaState): Uint8Array {
  const head = Buffer.from(`${JSON.stringify({ version: LSA_VERSION, dimensions, terms })}\n`);
  const bytes = new Uint8Array(head.length + 4 * (weights.length + projection.length));
  bytes.set(head);
  const view = new DataView(bytes.buffer, head.length);
  for (let at = 0; at < weights.length; at++) view.setFloat32(at * 4, weights[at]!, true);
  for (let at = 0; at < projection.length; at++) view.setFloat32((weights.length + at) * 4, projection[at]!, true);
  return bytes;
}

/** @throws {RangeError} If the bytes are not a state of this version. */
export function decodeLsaState(bytes: Uint8Array): LsaState {
  const { version, dimensions, terms } = headOf(bytes);
  if (version !== LSA_VERSION)
    throw new RangeError(
      `Cannot use a stored LSA model of version ${version}: this is version ${LSA_VERSION}; ${WAY_OUT}`,
    );
  const start = bytes.indexOf(NEW_LINE) + 1;
  const count = terms.length * (1 + dimensions);
  if (bytes.length - start !== count * 4)
    throw new RangeError(
      `Cannot use a stored LSA model: ${bytes.length - start} bytes stand where ${count * 4} belong; ${WAY_OUT}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const numbers = Float32Array.from({ length: count }, (_, at) => view.getFloat32(at * 4, true));
  return { terms, dimensions, weights: numbers.slice(0, terms.length), projection: numbers.slice(terms.length) };
}

function headOf(bytes: Uint8Array): { version: number; dimensions: number; terms: string[] } {
  try {
    const head = JSON.parse(Buffer.from(bytes.subarray(0, bytes.indexOf(NEW_LINE))).toString("utf8")) as Partial<
      ReturnType<typeof headOf>
    >;
    const { version, dimensions, terms } = head;
    if (typeof version === "number" && Number.isInteger(dimensions) && Array.isArray(terms))
      return { version, dimensions: dimensions!, terms };
  } catch {
    // No JSON: told below.
  }
  throw new RangeError(`Cannot use a stored LSA model: it does not begin as one; ${WAY_OUT}`);
}
