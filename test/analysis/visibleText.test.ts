import { describe, expect, it } from 'vitest';
import { visibleText } from '../../src/analysis/visibleText.js';

describe('text of a corpus in the panel', () => {
  it('shows controls that would reorder or hide text, by their code', () => {
    expect(visibleText('a\u202eb\u200bc\u2066d\u0000')).toBe('a⟨U+202E⟩b⟨U+200B⟩c⟨U+2066⟩d⟨U+0000⟩');
  });

  it('keeps lines, tabs and every letter', () => {
    expect(visibleText('if (x):\r\n\tprint("שלום, 世界 <b>")\n')).toBe(
      'if (x):\n\tprint("שלום, 世界 <b>")\n',
    );
  });
});
