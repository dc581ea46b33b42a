/** `style-example-bad`, `badCode` and `badcode` all say "bad". */
export function wordsOfMarkup(label: string): string {
  return (
    label
      .slice(0, 200)
      // `title="bad.py"`
      .replace(/\b(?:title|file|filename|name|label|caption|tag)\s*=/giu, ' ')
      .replace(/\.\w{1,4}(?=["'\s]|$)/gu, ' ')
      .replace(/([a-z])([A-Z])/gu, '$1 $2')
      .replace(/[-_]+/gu, ' ')
      .replace(
        /(bad|good|wrong|right|correct|compliant|valid)(?=code|example|snippet|sample|style|pattern|practice)/giu,
        '$1 ',
      )
      .replace(/(code|example|snippet|sample)(?=bad|good|wrong|incorrect|correct)/giu, '$1 ')
  );
}

/** The part of a paragraph that may label: all of a short one, a bold lead, or its last line before the code. */
export function labelOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length <= 160) return trimmed;
  const lastLine = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  if (lastLine.length <= 80 && /[:：]$/u.test(lastLine)) return lastLine;
  return /^(\*\*[^*\n]{1,60}\*\*)/u.exec(trimmed)?.[1];
}

/** "Bad: `x = y`": a label and one piece of inline code, and nothing else. */
export function inlineDemonstration(text: string): { label: string; code: string } | undefined {
  if (text.length > 400 || !text.includes('`')) return undefined;
  const match = /^([^`]{1,60}?)[\s:：–—-]*(`{1,3})([^`]+)\2[\s.;,]*$/u.exec(text.trim());
  const label = match?.[1];
  const code = match?.[3];
  return label === undefined || code === undefined ? undefined : { label, code };
}

/** Names of containers and admonitions, which say what it looks like rather than what is in it. */
const containerType =
  /^(?:admonition|details|summary|tip|info|note|hint|important|warning|danger|caution|attention|error|failure|bug|success|example|card|tab|tabs|tab-item|code-group|callout|aside|quote|abstract|question|dropdown)\b[\s:]*/iu;

/** `danger Never do this` and `failure "Incorrect"` are labelled by their title, where they have one. */
export function titleOfContainer(label: string): string {
  const title = label.replace(containerType, '').trim();
  return title === '' ? label : title;
}

/** Containers that draw attention to a danger. */
export function warnsOfDanger(label: string): boolean {
  return /^(?:warning|danger|caution|attention|error|failure|bug)\b/iu.test(label.trim());
}
