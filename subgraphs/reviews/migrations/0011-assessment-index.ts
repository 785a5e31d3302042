import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0011-assessment-index',
  mysql: [
    // before the indexes that they replace, which foreign keys need until then
    'CREATE INDEX `IDX_b858e550e1fe4919380640a052` ON `risk_assessment` (`level`, `assessed_at`, `submission_id`, `id`)',
    'DROP INDEX `IDX_0da355db0b3f2aab5ff3c0ec79` ON `risk_assessment`',
  ],
  sqlite: [
    'CREATE INDEX "IDX_b858e550e1fe4919380640a052" ON "risk_assessment" ("level", "assessed_at", "submission_id", "id")',
    'DROP INDEX "IDX_0da355db0b3f2aab5ff3c0ec79"',
  ],
};
