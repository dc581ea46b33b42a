/** What a model is told of the tools; package.json says the same to VS Code. */
export const toolTexts = {
  backfire_scan: {
    title: 'Scan with Backfire',
    description:
      'Finds training samples and documentation in which a warning frames a concrete bad example (such as "BAD: …" above ' +
      'vulnerable code), and measures with an embedded language model how much each would teach. Answers with path, line, ' +
      'level, kind, rule, measures and remedies, worst first; never with the text of a file. Only reads, offline. ' +
      'Use backfire_explain for one finding.',
  },
  backfire_explain: {
    title: 'Explain a finding of Backfire',
    description:
      'Explains a finding of backfire_scan, given by its fingerprint or by path and line: the rule, each measure with its ' +
      'interval beside that of the version without the warning, and remedies with their measured effect. The file is read ' +
      'and measured anew. Never answers with the text of the file.',
  },
} as const;
export type ToolName = keyof typeof toolTexts;
