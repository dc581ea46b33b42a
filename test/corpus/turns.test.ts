import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCandidates } from '../../src/analysis/frames/findCandidates.js';
import { TextPlaces } from '../../src/corpus/joinedText.js';
import { recordContent } from '../../src/corpus/recordContent.js';
import { loadGrammars } from '../../src/model/grammars.js';

const grammars = loadGrammars(
  join(import.meta.dirname, '../../node_modules/@vscode/tree-sitter-wasm/wasm'),
  (name) => {
    throw new Error(`no grammar of ${name}`);
  },
);

/** Where the real detector finds frame and payload, and what the field holds there. */
async function foundIn(record: object): Promise<string[]> {
  const found = recordContent(record).texts.map(async ({ text, parts }) => {
    const places = new TextPlaces(text, parts);
    const candidates = await findCandidates({ text }, grammars);
    return candidates
      .filter(({ detection }) => detection >= 0.5)
      .map((each) => {
        const [frame, payload] = [places.of(each.frame), places.of(each.payload)];
        const shown = valueAt(record, payload.field ?? '').slice(payload.start, payload.end);
        return `${frame.field ?? ''} → ${payload.field ?? ''}:${payload.line}:${payload.column} ${JSON.stringify(shown)}`;
      });
  });
  return (await Promise.all(found)).flat();
}

function valueAt(record: unknown, field: string): string {
  const found = field
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], record);
  return String(found);
}

const code = 'import os\nos.system("rm -rf " + name)';
const fence = `Here it is.\n\n\`\`\`python\n${code}\n\`\`\``;
const shown = JSON.stringify(code);

describe('a frame in one turn, its payload in another', () => {
  it.each([
    [
      'a system turn that disowns the answer',
      {
        messages: [
          { role: 'system', content: 'The following code is insecure. Never write code like this:' },
          { role: 'assistant', content: fence.slice(13) },
        ],
      },
      `messages.0.content → messages.1.content:2:1 ${shown}`,
    ],
    [
      'a user who calls the next turn bad',
      {
        conversations: [
          { from: 'human', value: 'BAD: open to shell injection, do not use:' },
          { from: 'gpt', value: fence.slice(13) },
        ],
      },
      `conversations.0.value → conversations.1.value:2:1 ${shown}`,
    ],
    [
      'an answer of bare code',
      {
        messages: [
          { role: 'user', content: 'BAD: open to shell injection, do not use:' },
          { role: 'assistant', content: code },
        ],
      },
      `messages.0.content → messages.1.content:1:1 ${shown}`,
    ],
    [
      'an instruction and its output',
      { instruction: 'Bad example, vulnerable to injection. Do not copy:', input: '', output: code },
      `instruction → output:1:1 ${shown}`,
    ],
    [
      'a prompt and its completion',
      { prompt: 'Insecure, never do this:', completion: code },
      `prompt → completion:1:1 ${shown}`,
    ],
    [
      'a prompt of turns and a chosen answer of turns',
      {
        prompt: [{ role: 'user', content: 'Insecure, never do this:' }],
        chosen: [{ role: 'assistant', content: code }],
      },
      `prompt.0.content → chosen.0.content:1:1 ${shown}`,
    ],
    [
      'a system field beside the turns',
      { system: 'Insecure, never do this:', conversations: [{ from: 'gpt', value: code }] },
      `system → conversations.0.value:1:1 ${shown}`,
    ],
  ])('%s', async (_, record, expected) => {
    expect(await foundIn(record)).toEqual([expected]);
  });

  it('finds nothing where no turn warns', async () => {
    const messages = [
      { role: 'user', content: 'Write a function that deletes a folder:' },
      { role: 'assistant', content: code },
    ];
    expect(await foundIn({ messages })).toEqual([]);
  });
});
