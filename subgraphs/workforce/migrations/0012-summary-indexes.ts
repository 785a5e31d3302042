import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0012-summary-indexes',
  mysql: [
    // before the indexes that they replace, which foreign keys need until then
    'CREATE INDEX `IDX_6f32338c37dfcc61f8501e088b` ON `position` (`agency_key`, `work_role_code`, `status`)',
    'CREATE INDEX `IDX_1446a7b3e44b9d22c1bf7a4537` ON `position` (`status`, `agency_key`, `talent_area`, `work_role_code`)',
    'CREATE INDEX `IDX_4b64285977064c29f4f5ec1308` ON `hiring_request` (`entered_on_duty_at`, `need_validated_at`, `agency_key`, `authority`, `offer_accepted_at`, `separated_at`, `position_id`)',
    'CREATE INDEX `IDX_ee2a54538a153a21f2bdfe95c4` ON `announcement` (`talent_area`, `open_date`, `agency_key`)',
    'DROP INDEX `IDX_d7fed3e181124b564f2a54b4fa` ON `position`',
    'DROP INDEX `IDX_d38e90b7449b4bd8bbbf5d518d` ON `position`',
    'DROP INDEX `IDX_6de76dd05d2bd0f4c9a047f82d` ON `hiring_request`',
    'DROP INDEX `IDX_fc3426a290af0fc6d7a32a49d3` ON `hiring_request`',
    'DROP INDEX `IDX_6ecf10613f063dab6a40c91a9f` ON `announcement`',
  ],
  sqlite: [
    'CREATE INDEX "IDX_6f32338c37dfcc61f8501e088b" ON "position" ("agency_key", "work_role_code", "status")',
    'CREATE INDEX "IDX_1446a7b3e44b9d22c1bf7a4537" ON "position" ("status", "agency_key", "talent_area", "work_role_code")',
    'CREATE INDEX "IDX_4b64285977064c29f4f5ec1308" ON "hiring_request" ("entered_on_duty_at", "need_validated_at", "agency_key", "authority", "offer_accepted_at", "separated_at", "position_id")',
    'CREATE INDEX "IDX_ee2a54538a153a21f2bdfe95c4" ON "announcement" ("talent_area", "open_date", "agency_key")',
    'DROP INDEX "IDX_d38e90b7449b4bd8bbbf5d518d"',
    'DROP INDEX "IDX_d7fed3e181124b564f2a54b4fa"',
    'DROP INDEX "IDX_fc3426a290af0fc6d7a32a49d3"',
    'DROP INDEX "IDX_6de76dd05d2bd0f4c9a047f82d"',
    'DROP INDEX "IDX_6ecf10613f063dab6a40c91a9f"',
  ],
};
