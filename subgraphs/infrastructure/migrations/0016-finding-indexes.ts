import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0016-finding-indexes',
  mysql: [
    // before the indexes that they replace, which foreign keys need until then
    'CREATE INDEX `IDX_49040e8fac306358d4453daa2c` ON `vulnerability_finding` (`cve_id`, `status`, `due_at`, `system_id`, `satisfies_action`, `agency_key`)',
    'CREATE INDEX `IDX_f1b686a24af3009b8ca79af7a3` ON `vulnerability_finding` (`status`, `due_at`, `cve_id`, `system_id`, `satisfies_action`)',
    'CREATE INDEX `IDX_285d845a98c4f182243dbb37a6` ON `vulnerability_finding` (`agency_key`, `due_basis`, `due_at`, `remediated_at`, `detected_at`, `policy_row`)',
    'DROP INDEX `IDX_7668a5c68075b6cb8ccfd836b4` ON `vulnerability_finding`',
    'DROP INDEX `IDX_d2cac343d18475e7f60a92baed` ON `vulnerability_finding`',
    'DROP INDEX `IDX_75d5ed2e35bee620c9de029ef1` ON `vulnerability_finding`',
  ],
  sqlite: [
    'CREATE INDEX "IDX_49040e8fac306358d4453daa2c" ON "vulnerability_finding" ("cve_id", "status", "due_at", "system_id", "satisfies_action", "agency_key")',
    'CREATE INDEX "IDX_f1b686a24af3009b8ca79af7a3" ON "vulnerability_finding" ("status", "due_at", "cve_id", "system_id", "satisfies_action")',
    'CREATE INDEX "IDX_285d845a98c4f182243dbb37a6" ON "vulnerability_finding" ("agency_key", "due_basis", "due_at", "remediated_at", "detected_at", "policy_row")',
    'DROP INDEX "IDX_75d5ed2e35bee620c9de029ef1"',
    'DROP INDEX "IDX_d2cac343d18475e7f60a92baed"',
    'DROP INDEX "IDX_7668a5c68075b6cb8ccfd836b4"',
  ],
};
