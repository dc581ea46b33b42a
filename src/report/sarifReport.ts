import type { Invocation, Notification, ReportingDescriptor, Run } from 'sarif';
import { type RuleCode, rules } from '../analysis/frames/rules.js';
import type { ScanHeader, Skipped, Summary } from '../corpus/scanLine.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { artifactUri, sarifResult } from './sarifResult.js';
import { terminalJson } from './terminalText.js';

/** The page of a rule: what it finds, with an example. */
export type RulePage = (code: RuleCode) => { readonly uri: string; readonly markdown: string };

const ruleCodes = Object.keys(rules) as RuleCode[];
const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/**
 * SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). Results are written as they come; what was
 * skipped or noted is held until the summary closes the run.
 */
export function sarifReport(write: WriteText, page: RulePage): ReportWriter {
  const notifications: Notification[] = [];
  let header: ScanHeader | undefined;
  let results = 0;
  return {
    async write(line) {
      switch (line.type) {
        case 'scan':
          header = line;
          await write(opening(line, page));
          break;
        case 'finding':
          await write(`${results === 0 ? '' : ','}\n${terminalJson(sarifResult(line, ruleCodes))}`);
          results += 1;
          break;
        case 'skipped':
          notifications.push(skippedNotification(line));
          break;
        case 'unit':
          for (const note of line.notes) notifications.push(notification(line.path, 'note', note));
          break;
        case 'summary':
          if (header !== undefined) await write(closing(line, notifications));
          break;
        case 'harmless':
          break;
      }
    },
  };
}

function opening({ version, pack }: ScanHeader, page: RulePage): string {
  const run: Pick<Run, 'tool' | 'automationDetails' | 'columnKind'> = {
    tool: {
      driver: {
        name: 'Backfire',
        semanticVersion: version,
        rules: ruleCodes.map((code) => ruleDescriptor(code, page)),
        notifications: [],
        properties: { pack },
      },
    },
    automationDetails: { id: 'backfire/scan/' },
    columnKind: 'utf16CodeUnits',
  };
  return `{"$schema":${JSON.stringify(schema)},"version":"2.1.0","runs":[${terminalJson(run).slice(0, -1)},"results":[`;
}

function closing(summary: Summary, notifications: Notification[]): string {
  const { levels, measures, setAside, suppressed, skipped, files, bytes } = summary;
  const invocation: Invocation = {
    executionSuccessful: !summary.interrupted,
    ...(summary.interrupted ? { exitCodeDescription: 'interrupted: this is what was done until then' } : {}),
    toolExecutionNotifications: notifications,
  };
  const properties = { files, bytes, levels, measures, setAside, suppressed, skipped };
  return `\n],"invocations":${terminalJson([invocation])},"properties":${terminalJson(properties)}}]}\n`;
}

function ruleDescriptor(code: RuleCode, page: RulePage): ReportingDescriptor {
  const { title, description } = rules[code];
  const { uri, markdown } = page(code);
  return {
    id: code,
    name: title.replace(/[^A-Za-z]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: description },
    helpUri: uri,
    help: { text: description, markdown },
    properties: { tags: ['training-data'] },
  };
}

function skippedNotification({ path, record, line, reason, detail }: Skipped): Notification {
  const level = reason === 'not-scored' || reason === 'not-parsed' ? 'warning' : 'note';
  return notification(path, level, `${reason}: ${detail}`, record ?? line, reason);
}

function notification(
  path: string,
  level: Notification['level'],
  text: string,
  line?: number,
  reason?: string,
): Notification {
  return {
    level,
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: artifactUri(path) },
          // A record is a line of its file; there is no line 0.
          ...(line === undefined || line === 0 ? {} : { region: { startLine: line } }),
        },
      },
    ],
    ...(reason === undefined ? {} : { properties: { reason } }),
  };
}
