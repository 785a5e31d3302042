import type { Migration } from '../../../shared/database/migrations';

export const migrations: readonly Migration[] = [];
