import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0005-metric-indexes',
  mysql: [
    'CREATE INDEX `IDX_98a6a57b664d42168387a870b7` ON `determination` (`created_at`, `issued_at`, `outcome`, `submission_id`)',
    'CREATE INDEX `IDX_d536641066018071db2a8f5f8d` ON `review` (`opened_at`, `closed_at`, `launch_bound_at`)',
    'CREATE INDEX `IDX_5819dd811feb6b1b0222ce7c5c` ON `finding` (`created_at`, `shared_at`, `responded_at`, `review_id`)',
  ],
  sqlite: [
    'CREATE INDEX "IDX_98a6a57b664d42168387a870b7" ON "determination" ("created_at", "issued_at", "outcome", "submission_id")',
    'CREATE INDEX "IDX_d536641066018071db2a8f5f8d" ON "review" ("opened_at", "closed_at", "launch_bound_at")',
    'CREATE INDEX "IDX_5819dd811feb6b1b0222ce7c5c" ON "finding" ("created_at", "shared_at", "responded_at", "review_id")',
  ],
};
