import { describe, expect, it } from 'vitest';
import { recordContent } from '../../src/corpus/recordContent.js';

describe('recordContent', () => {
  it('knows the usual fields of corpora and of fine-tuning sets', () => {
    expect(recordContent({ text: 'a', meta: 'b' }).texts).toEqual([{ field: 'text', text: 'a' }]);
    expect(recordContent({ prompt: 'a', completion: 'b' }).texts).toEqual([
      { field: 'prompt+completion', text: 'a\n\nb' },
    ]);
    expect(recordContent({ instruction: 'a', output: 'b' }).texts).toEqual([
      { field: 'instruction+output', text: 'a\n\nb' },
    ]);
  });

  it('reads a conversation as one text', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    expect(recordContent({ messages }).texts).toEqual([{ field: 'messages', text: 'a\n\nb' }]);
    expect(recordContent({ conversations: [{ from: 'human', value: 'a' }] }).texts).toEqual([
      { field: 'conversations', text: 'a' },
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
    expect(bad?.warnedByName).toBeGreaterThan(0.5);
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
