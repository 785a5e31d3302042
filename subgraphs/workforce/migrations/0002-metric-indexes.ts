import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0002-metric-indexes',
  mysql: [
    'CREATE INDEX `IDX_fc3426a290af0fc6d7a32a49d3` ON `hiring_request` (`entered_on_duty_at`, `need_validated_at`, `agency_key`, `authority`)',
  ],
  sqlite: [
    'CREATE INDEX "IDX_fc3426a290af0fc6d7a32a49d3" ON "hiring_request" ("entered_on_duty_at", "need_validated_at", "agency_key", "authority")',
  ],
};
