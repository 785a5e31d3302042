import type { Migration } from '../../../shared/database/migrations';
import { eventLogTables } from '../../../shared/events/log-tables';

export const migration: Migration = { name: '0003-event-log', ...eventLogTables };
