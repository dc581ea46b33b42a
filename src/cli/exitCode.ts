/** What a shell is told. */
export const exitCode = {
  ok: 0,
  /** Findings at or above --fail-on; a failed line under --strict. */
  findings: 1,
  /** Wrong usage, or a model pack that cannot be used. */
  usage: 2,
  /** Some of the input could not be read or scored, or the report could not be written; the report says what. */
  incomplete: 3,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Ends the command with exit code 2 and one line that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends the command with exit code 3: what was done is there, but it is not all. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError';
}
