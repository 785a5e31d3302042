import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0016-finding-indexes',
  mysql: [
    // before the indexes that it replaces, which a foreign key needs until then
    'CREATE INDEX `IDX_f1b686a24af3009b8ca79af7a3` ON `vulnerability_finding` (`cve_id`, `status`, `due_at`, `system_id`, `satisfies_action`)',
    'CREATE INDEX `IDX_285d845a98c4f182243dbb37a6` ON `vulnerability_finding` (`agency_key`, `due_basis`, `due_at`, `remediated_at`, `detected_at`, `policy_row`)',
    'DROP INDEX `IDX_7668a5c68075b6cb8ccfd836b4` ON `vulnerability_finding`',
    'DROP INDEX `IDX_d2cac343d18475e7f60a92baed` ON `vulnerability_finding`',
  ],
  sqlite: [
    'CREATE INDEX "IDX_f1b686a24af3009b8ca79af7a3" ON "vulnerability_finding" ("cve_id", "status", "due_at", "system_id", "satisfies_action")',
    'CREATE INDEX "IDX_285d845a98c4f182243dbb37a6" ON "vulnerability_finding" ("agency_key", "due_basis", "due_at", "remediated_at", "detected_at", "policy_row")',
    'DROP INDEX "IDX_d2cac343d18475e7f60a92baed"',
    'DROP INDEX "IDX_7668a5c68075b6cb8ccfd836b4"',
  ],
};
