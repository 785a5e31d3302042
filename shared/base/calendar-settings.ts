import { z } from 'zod';
import type { SettingTable } from './settings';

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Calendar settings, shared by the whole process and read when it starts. */
export const calendarSettings = {
  zone: {
    env: 'ORDERGRAPH_ZONE',
    hasFlag: false,
    schema: z.string().refine(isTimeZone, 'not a time zone; use a name such as America/New_York'),
    default: 'America/New_York',
    help: 'Time zone of official days and deadlines.',
  },
} as const satisfies SettingTable;
