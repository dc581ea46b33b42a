import type { CommandParts, CommandTable } from './commandParts.js';
import type { Grouping } from './findingGroups.js';

/** How the tree shows the findings. */
export function treeCommands({ tree, filter }: CommandParts): CommandTable {
  const group = (grouping: Grouping) => async () => {
    await tree.group(grouping);
    return { kind: 'done' } as const;
  };
  return {
    'backfire.groupByLevel': group('level'),
    'backfire.groupByFolder': group('folder'),
    'backfire.groupByRule': group('rule'),
    'backfire.filterFindings': async () =>
      (await filter.choose()) ? { kind: 'done' } : { kind: 'cancelled' },
    'backfire.showAllFindings': async () => {
      await filter.reset();
      return { kind: 'done' };
    },
  };
}
