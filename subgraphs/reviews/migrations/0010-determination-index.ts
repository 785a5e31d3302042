import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0010-determination-index',
  mysql: [
    'CREATE INDEX `IDX_67580e7b88c6b7cc52b9ad4587` ON `determination` (`agency_key`, `issued_at`, `created_at`)',
    'DROP INDEX `IDX_5c392a7aed2a057b83effa48fd` ON `determination`',
  ],
  sqlite: [
    'CREATE INDEX "IDX_67580e7b88c6b7cc52b9ad4587" ON "determination" ("agency_key", "issued_at", "created_at")',
    'DROP INDEX "IDX_5c392a7aed2a057b83effa48fd"',
  ],
};
