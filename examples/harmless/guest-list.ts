/** Guests of one evening. */
export interface Guest {
  readonly name: string;
  readonly table: number;
}

/** @deprecated Use {@link seat}, which checks the number of the table. */
export function place(guest: Guest): string {
  return seat(guest);
}

export function seat({ name, table }: Guest): string {
  if (!Number.isInteger(table) || table < 1) {
    console.warn(`invalid table for ${name}`);
    throw new RangeError(`table ${table}`);
  }
  return `${name} sits at table ${table}`;
}
