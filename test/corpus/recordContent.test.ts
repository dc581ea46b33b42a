import { describe, expect, it } from 'vitest';
import { recordContent } from '../../src/corpus/recordContent.js';

describe('recordContent', () => {
  it('knows the usual fields of corpora and of fine-tuning sets', () => {
    expect(recordContent({ text: 'a', meta: 'b' }).texts).toEqual([{ field: 'text', text: 'a' }]);
    expect(recordContent({ prompt: 'a', completion: 'b' }).texts).toEqual([
      {
        field: 'prompt+completion',
        text: 'a\n\nb',
        parts: [
          { field: 'prompt', start: 0, end: 1 },
          { field: 'completion', start: 3, end: 4 },
        ],
      },
    ]);
    expect(recordContent({ instruction: 'a', output: 'b' }).texts).toEqual([
      {
        field: 'instruction+output',
        text: 'a\n\nb',
        parts: [
          { field: 'instruction', start: 0, end: 1 },
          { field: 'output', start: 3, end: 4 },
        ],
      },
    ]);
  });

  it('reads a conversation as one text', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    expect(recordContent({ messages }).texts).toEqual([
      {
        field: 'messages',
        text: 'a\n\nb',
        parts: [
          { field: 'messages.0.content', start: 0, end: 1 },
          { field: 'messages.1.content', start: 3, end: 4 },
        ],
      },
    ]);
    expect(recordContent({ conversations: [{ from: 'human', value: 'a' }] }).texts).toEqual([
      { field: 'conversations', text: 'a', parts: [{ field: 'conversations.0.value', start: 0, end: 1 }] },
    ]);
  });

  it('looks only where it is told to', () => {
    expect(recordContent({ text: 'a', body: { raw: 'b' } }, 'body.raw').texts).toEqual([
      { field: 'body.raw', text: 'b' },
    ]);
    expect(recordContent({ docs: [{ t: 'a' }, {}, { t: 'b' }] }, 'docs[].t').texts).toEqual([
      { field: 'docs.0.t', text: 'a' },
      { field: 'docs.2.t', text: 'b' },
    ]);
    expect(recordContent({ text: 'a' }, 'body').texts).toEqual([]);
  });

  it('says so where the name of the field warns', () => {
    const [bad] = recordContent({ bad_code: 'eval(x)' }).texts;
    expect(bad).toMatchObject({ field: 'bad_code', text: 'eval(x)' });
    expect(bad?.warnedByName?.span).toEqual({ start: 0, end: 7 });
    expect(bad?.warnedByName?.detection).toBeGreaterThan(0.5);
  });

  it('takes along the id and what chooses the parser', () => {
    expect(recordContent({ id: 7, content: 'x', path: 'a/b.py', language: 'Python' })).toEqual({
      texts: [{ field: 'content', text: 'x' }],
      id: '7',
      path: 'a/b.py',
      languageId: 'python',
    });
  });

  it.each([[null], [5], [[1, 2]], [{ text: 5 }], [{}]])('finds no text in %j', (record) => {
    expect(recordContent(record).texts).toEqual([]);
  });
});
