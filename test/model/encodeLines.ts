// Reads {"text"} line by line, writes {"ids", "starts", "ends"}: what the product makes of it with the tokenizer of a folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Tokenizer } from '../../src/model/tokenizer.js';

const folder = process.argv[2]!;
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const tokenizer = Tokenizer.fromJson(read('tokenizer.json'), read('tokenizer_config.json'));
const lines: string[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { text } = JSON.parse(line) as { text: string };
  const { ids, starts, ends } = tokenizer.encodeForModel(text);
  lines.push(
    JSON.stringify({ ids: [...ids], starts: [...starts], ends: [...ends], text: tokenizer.decode(ids) }),
  );
}
process.stdout.write(`${lines.join('\n')}\n`);
