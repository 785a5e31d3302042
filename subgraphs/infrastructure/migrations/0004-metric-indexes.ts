import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0004-metric-indexes',
  mysql: [
    'CREATE INDEX `IDX_b1b74d131c3b0b64589d09290b` ON `vulnerability_finding` (`due_at`, `status`, `remediated_at`)',
  ],
  sqlite: [
    'CREATE INDEX "IDX_b1b74d131c3b0b64589d09290b" ON "vulnerability_finding" ("due_at", "status", "remediated_at")',
  ],
};
