import type { Migration } from '#kit/database/migrations';
import { eventLogTables } from '#kit/events/log-tables';

export const migration: Migration = { name: '0004-event-log', ...eventLogTables };
