import { z } from 'zod';
import type { SettingTable } from './settings';

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Settings of the calendar, which all of a process shares from its start. */
export const calendarSettings = {
  zone: {
    env: 'ORDERGRAPH_ZONE',
    hasFlag: false,
    schema: z.string().refine(isTimeZone, 'it is not a time zone; use a name such as America/New_York'),
    default: 'America/New_York',
    help: 'Time zone of official days and deadlines.',
  },
} as const satisfies SettingTable;
