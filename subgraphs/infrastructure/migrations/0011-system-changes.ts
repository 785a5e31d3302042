import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0011-system-changes',
  mysql: [
    "ALTER TABLE `product_match_rule` ADD `proposer_key` varchar(100) NOT NULL DEFAULT ''",
    "ALTER TABLE `inventory_item` ADD `status` varchar(40) NOT NULL DEFAULT 'RECORDED'",
    'ALTER TABLE `inventory_item` ADD `removed_on` varchar(10) NULL',
    "ALTER TABLE `directive` ADD `version` int NOT NULL DEFAULT '1'",
    "ALTER TABLE `directive_progress` ADD `version` int NOT NULL DEFAULT '1'",
    'ALTER TABLE `system_authorization` ADD `superseded_on` varchar(10) NULL',
    "ALTER TABLE `system_authorization` ADD `state` varchar(20) NOT NULL DEFAULT 'RECORDED'",
  ],
  sqlite: [
    'ALTER TABLE "directive" ADD COLUMN "version" integer NOT NULL DEFAULT (1)',
    'ALTER TABLE "directive_progress" ADD COLUMN "version" integer NOT NULL DEFAULT (1)',
    'ALTER TABLE "product_match_rule" ADD COLUMN "proposer_key" varchar(100) NOT NULL DEFAULT (\'\')',
    'ALTER TABLE "inventory_item" ADD COLUMN "status" varchar(40) NOT NULL DEFAULT (\'RECORDED\')',
    'ALTER TABLE "inventory_item" ADD COLUMN "removed_on" varchar(10)',
    'ALTER TABLE "system_authorization" ADD COLUMN "superseded_on" varchar(10)',
    'ALTER TABLE "system_authorization" ADD COLUMN "state" varchar(20) NOT NULL DEFAULT (\'RECORDED\')',
  ],
};
