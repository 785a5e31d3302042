import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0015-confirmed-findings',
  mysql: ['ALTER TABLE `vulnerability_finding` ADD `confirmed_at` varchar(24) NULL'],
  sqlite: ['ALTER TABLE "vulnerability_finding" ADD COLUMN "confirmed_at" varchar(24)'],
};
