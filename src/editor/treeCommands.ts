import type { CommandParts, CommandTable } from './commandParts.js';
import type { Grouping } from './findingGroups.js';

/** How all findings are shown: in the tree, and as a summary. */
export function treeCommands({ tree, filter, summary }: CommandParts): CommandTable {
  const group = (grouping: Grouping) => async () => {
    await tree.group(grouping);
    return { kind: 'done' } as const;
  };
  return {
    'backfire.groupByLevel': group('level'),
    'backfire.groupByFolder': group('folder'),
    'backfire.groupByRule': group('rule'),
    'backfire.showSummary': () => {
      summary.open();
      return Promise.resolve({ kind: 'done' });
    },
    'backfire.filterFindings': async () =>
      (await filter.choose()) ? { kind: 'done' } : { kind: 'cancelled' },
    'backfire.showAllFindings': async () => {
      await filter.reset();
      return { kind: 'done' };
    },
  };
}
