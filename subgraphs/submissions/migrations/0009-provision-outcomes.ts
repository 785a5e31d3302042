import type { Migration } from '#kit/database/migrations';

/** Deadlines that are a day, and not words. */
const FILLED = "UPDATE order_provision SET due_on = deadline WHERE deadline LIKE '____-__-__'";

export const migration: Migration = {
  name: '0009-provision-outcomes',
  mysql: [
    'ALTER TABLE `order_provision` ADD `due_on` varchar(10) NULL',
    'ALTER TABLE `order_provision` ADD `done_on` varchar(10) NULL',
    'ALTER TABLE `order_provision` ADD `evidence_url` varchar(1000) NULL',
    "ALTER TABLE `order_provision` ADD `version` int NOT NULL DEFAULT '1'",
    FILLED,
  ],
  sqlite: [
    'ALTER TABLE "order_provision" ADD COLUMN "due_on" varchar(10)',
    'ALTER TABLE "order_provision" ADD COLUMN "done_on" varchar(10)',
    'ALTER TABLE "order_provision" ADD COLUMN "evidence_url" varchar(1000)',
    'ALTER TABLE "order_provision" ADD COLUMN "version" integer NOT NULL DEFAULT (1)',
    FILLED,
  ],
};
