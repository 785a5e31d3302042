import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0005-metric-indexes',
  mysql: [
    'CREATE INDEX `IDX_def56c3a3f273dc96fde0277e8` ON `launch_plan` (`planned_launch_at`)',
    'CREATE INDEX `IDX_977ef30bb0e87ebc0c6d50ea98` ON `launch_plan` (`submission_id`, `plan_version`, `changed_at`, `planned_launch_at`)',
    'CREATE INDEX `IDX_dfe86656a9c64bd854f6162acb` ON `submission_event` (`from_state`, `actor`, `to_state`, `occurred_at`)',
  ],
  sqlite: [
    'CREATE INDEX "IDX_def56c3a3f273dc96fde0277e8" ON "launch_plan" ("planned_launch_at")',
    'CREATE INDEX "IDX_977ef30bb0e87ebc0c6d50ea98" ON "launch_plan" ("submission_id", "plan_version", "changed_at", "planned_launch_at")',
    'CREATE INDEX "IDX_dfe86656a9c64bd854f6162acb" ON "submission_event" ("from_state", "actor", "to_state", "occurred_at")',
  ],
};
