import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movedBy, spanAfter, type TextEdit } from '../../src/editor/textEdits.js';

const span = { start: 10, end: 20 };
const edit = (rangeOffset: number, rangeLength: number, text: string): TextEdit => ({
  rangeOffset,
  rangeLength,
  text,
});

describe('a span in a document that is edited', () => {
  it('moves with text put in or taken out before it, also right before it', () => {
    expect(spanAfter(span, [edit(0, 0, 'abc')])).toEqual({ start: 13, end: 23 });
    expect(spanAfter(span, [edit(2, 4, '')])).toEqual({ start: 6, end: 16 });
    expect(spanAfter(span, [edit(10, 0, 'ab')])).toEqual({ start: 12, end: 22 });
  });

  it('stays with an edit behind it, also right behind it', () => {
    expect(spanAfter(span, [edit(20, 5, 'xyz')])).toEqual(span);
  });

  it('is lost to an edit inside, or across a border', () => {
    expect(spanAfter(span, [edit(15, 0, 'x')])).toBeUndefined();
    expect(spanAfter(span, [edit(8, 3, '')])).toBeUndefined();
    expect(spanAfter(span, [edit(19, 5, '')])).toBeUndefined();
    expect(spanAfter(span, [edit(0, 100, '')])).toBeUndefined();
  });

  it('covers the same text after any edits that leave it alone', () => {
    const anyEdit = fc.record({ at: fc.nat(60), length: fc.nat(8), text: fc.string({ maxLength: 8 }) });
    fc.assert(
      fc.property(fc.array(anyEdit, { maxLength: 6 }), (drafts) => {
        let text = 'the first line\nTHE PAYLOAD\nand some more lines after it\n';
        const edits = drafts.map(({ at, length, text: put }) => {
          const offset = Math.min(at, text.length);
          const made = edit(offset, Math.min(length, text.length - offset), put);
          text = text.slice(0, offset) + put + text.slice(offset + made.rangeLength);
          return made;
        });
        const moved = spanAfter({ start: 15, end: 26 }, edits);
        if (moved) expect(text.slice(moved.start, moved.end)).toBe('THE PAYLOAD');
      }),
    );
  });
});

describe('a finding in a document that is edited', () => {
  const finding = { frame: { start: 5, end: 8 }, payload: span };

  it('moves whole', () => {
    expect(movedBy(finding, [edit(0, 0, 'ab')])).toEqual({
      frame: { start: 7, end: 10 },
      payload: { start: 12, end: 22 },
    });
  });

  it('is lost to an edit between frame and payload', () => {
    expect(movedBy(finding, [edit(9, 0, 'x')])).toBeUndefined();
  });
});
