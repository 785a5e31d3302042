import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0011-announcement-index',
  mysql: [
    'CREATE INDEX `IDX_5d2fd87d0419f2eb6910c3bf7d` ON `announcement` (`agency_key`, `open_date`)',
    'DROP INDEX `IDX_b7097ea7eed7401fe3bcb5580d` ON `announcement`',
  ],
  sqlite: [
    'CREATE INDEX "IDX_5d2fd87d0419f2eb6910c3bf7d" ON "announcement" ("agency_key", "open_date")',
    'DROP INDEX "IDX_b7097ea7eed7401fe3bcb5580d"',
  ],
};
