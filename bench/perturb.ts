/** Changes to a text that leave its meaning alone. Detection should not depend on what they change. */
export interface Perturbation {
  readonly name: string;
  readonly apply: (text: string) => string;
}

/** Common markers in other languages: our own table. Longer ones first, since each is replaced in turn. */
const translations: readonly (readonly [english: RegExp, other: readonly string[]])[] = [
  [/\bnon-?compliant\b/giu, ['nicht konform', 'non conforme', 'no hacer', '不符合']],
  [/\bincorrect\b/giu, ['falsch', 'incorrecte', 'incorrecto', '错误']],
  [/\bwrong\b/giu, ['falsch', 'mauvais', 'incorrecto', '错误']],
  [/\bbad\b/giu, ['schlecht', 'mauvais', 'mal', '不好']],
  [/\b(?:insecure|unsafe|vulnerable)\b/giu, ['unsicher', 'vulnérable', 'inseguro', '不安全']],
  [/\bavoid\b/giu, ['vermeiden', 'à éviter', 'evitar', '避免']],
  [/\bcompliant\b/giu, ['korrekt', 'correct', 'correcto', '符合']],
  [/\bcorrect\b/giu, ['richtig', 'correct', 'correcto', '正确']],
  [/\bgood\b/giu, ['gut', 'bon', 'bien', '好的']],
  [/\bexamples?\b/giu, ['Beispiel', 'exemple', 'ejemplo', '示例']],
  [/\bcode\b/giu, ['Code', 'code', 'código', '代码']],
];

const preamble =
  "Sure, I'd be happy to help with that! Here is the material that you asked for. Let me know if anything is unclear.\n\n";

/** Words that look like identifiers, but are neither keywords nor words of a frame: camelCase or with an underscore. */
const identifier = /\b(?:[a-z]+[A-Z]\w*|[a-z]\w*_\w+)\b/gu;
const judging = /bad|good|wrong|correct|secure|safe|vuln|compliant|valid|fix/iu;

export const perturbations: readonly Perturbation[] = [
  {
    name: 'reindented',
    // Two columns become four. A fence or a directive that moves so far would be no fence any more.
    apply: (text) =>
      /^ +(?:`{3}|~{3}|\.\. |<)/mu.test(text)
        ? text
        : text.replace(/^(?: {2})+(?=\S)/gmu, (indent) => indent.repeat(2)),
  },
  {
    name: 'identifiers renamed',
    apply: (text) => text.replace(identifier, (name) => (judging.test(name) ? name : renamed(name))),
  },
  {
    name: 'other comment style',
    apply: (text) => text.replace(/^([ \t]*)\/\/(?![/!])[ \t]*(\S.*?)[ \t]*$/gmu, '$1/* $2 */'),
  },
  { name: 'chat preamble', apply: (text) => preamble + text },
  ...['German', 'French', 'Spanish', 'Chinese'].map((language, index) => ({
    name: `markers in ${language}`,
    apply: (text: string) =>
      translations.reduce((changed, [english, other]) => changed.replace(english, other[index] ?? ''), text),
  })),
];

/** The same name for the same identifier, of about the same length. */
function renamed(name: string): string {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return `item${String(sum)}`.padEnd(Math.min(name.length, 12), 'x');
}
