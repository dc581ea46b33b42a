/** What a rule tells a person: one rule for each kind of frame. */
interface RuleText {
  readonly title: string;
  readonly description: string;
}

/** Codes are stable: they stand in diagnostics, reports, baselines and suppressions. */
export const rules = {
  'heading-before-code': {
    title: 'Warning heading',
    description: 'A heading such as "Noncompliant code" or "Bad example" stands over the code.',
  },
  'label-before-code': {
    title: 'Warning label',
    description:
      'A short line such as "Bad:", "Incorrect" or "Do not do this:" stands right before the code.',
  },
  'prose-before-code': {
    title: 'Warning prose',
    description: 'A paragraph that explains what is wrong leads into the code.',
  },
  'warning-container': {
    title: 'Warning container',
    description: 'The code stands inside a container, admonition or tab that is labelled as wrong.',
  },
  'warning-markup': {
    title: 'Warning class or tag',
    description: 'A class, role, tag or info string on the code itself says that it is wrong.',
  },
  'warning-column': {
    title: 'Warning column',
    description: 'The code stands in a table column whose header says that it is wrong.',
  },
  'superseded-example': {
    title: 'Superseded example',
    description: 'The text after the code says what to write instead of it.',
  },
  'inline-demonstration': {
    title: 'Warned-against inline code',
    description: 'A line such as "Bad:" is followed by inline code.',
  },
  'comment-above-code': {
    title: 'Warning comment above code',
    description: 'A comment that explains what is wrong stands above the statement, block or declaration.',
  },
  'comment-section': {
    title: 'Warning comment as a section head',
    description:
      'A comment such as "# bad" opens a run of code that ends at the next such comment or at the dedent.',
  },
  'comment-beside-code': {
    title: 'Warning comment beside code',
    description: 'A comment at the end of the line says that the line is wrong.',
  },
  'comment-below-code': {
    title: 'Warning comment below code',
    description: 'A comment that says what is wrong with the code above it.',
  },
  'commented-out-code': {
    title: 'Warning over commented-out code',
    description: 'Inside a comment, a warning stands over code that is itself part of the comment.',
  },
  'warning-name': {
    title: 'Warning name',
    description:
      'The name of the function or class says that it is wrong, such as `bad_login` beside `good_login`.',
  },
  'label-in-code': {
    title: 'Warning label inside a block of code',
    description: 'The block of code itself opens with a label such as "No:".',
  },
  'tool-report': {
    title: 'Report of a tool',
    description: 'The report of a linter or scanner quotes the code that it complains of.',
  },
  'record-field': {
    title: 'Warning field of a record',
    description: 'The name of the data field says that its content is wrong.',
  },
} as const satisfies Record<string, RuleText>;

/** One kind of frame. */
export type RuleCode = keyof typeof rules;
