/** A failure that is said in one line, and what to do about it, if something useful can be said. Exit code 1. */
export class Failure extends Error {
  override readonly name: string = "Failure";
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** What was typed is not a command. Exit code 2. */
export class UsageError extends Failure {
  override readonly name = "UsageError";
}

/** What is made of what was typed: where that cannot be, it was typed wrong. */
export async function asUsage<T>(make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw error instanceof TypeError || error instanceof RangeError ? new UsageError(error.message) : error;
  }
}
