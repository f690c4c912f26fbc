/** All that a command may do to the world around it, besides the files it is told about. Tests hand in their own. */
export interface Effects {
  /** Results. */
  readonly stdout: Output;
  /** Progress, warnings, errors. */
  readonly stderr: Output;
  /** What a person at the terminal answers; undefined where there is no terminal. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted with an `Interruption` when the user or the system asks to stop. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

export interface Output {
  /** Resolves when more may be written: memory stays bounded only for those who wait. */
  write(text: string): Promise<void> | void;
  readonly isTerminal: boolean;
  /** Cells of a terminal's line. */
  readonly columns: number;
  /** Whoever read it went away (`| head`); what is written now is dropped. */
  readonly isClosed: boolean;
}

export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly signalName: "SIGINT" | "SIGTERM";
  constructor(signalName: "SIGINT" | "SIGTERM") {
    super(`Stopped by ${signalName}`);
    this.signalName = signalName;
  }
}

/** What the shell calls a program that died of this signal: 128 and its number. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
