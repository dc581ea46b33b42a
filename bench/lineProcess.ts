import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that answers each line with a line. */
export interface LineProcess {
  /** Its next answer. Rejects with the last that it said when it has ended. */
  ask(line: string): Promise<string>;
  /** Input that is not answered. */
  tell(text: string): void;
  close(): void;
}

export function openLineProcess(name: string, program: string, args: readonly string[]): LineProcess {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = once(child, 'close').then(() => {
    throw new Error(`${name}'s process ended: ${said.trim().split('\n').at(-1) ?? ''}`);
  });
  // Looked at with every question; at the end nobody asks any more.
  ended.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const { value } = (await Promise.race([answers.next(), ended])) as { value?: string };
      return value ?? ended;
    },
    tell: (text) => void child.stdin.write(text),
    close: () => void child.stdin.end(),
  };
}
