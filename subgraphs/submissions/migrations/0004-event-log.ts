import type { Migration } from '../../../shared/database/migrations';
import { eventLogTables } from '../../../shared/events/log-tables';

export const migration: Migration = { name: '0004-event-log', ...eventLogTables };
