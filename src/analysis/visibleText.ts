/**
 * Text of a corpus as it may be shown: controls that would hide or reorder what stands around them are written out.
 * Line breaks and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (control) =>
      control === '\r' ? '' : `⟨U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}
