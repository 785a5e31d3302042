import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0008-case-status',
  mysql: ['ALTER TABLE `finding` ADD `clearinghouse_status` varchar(40) NULL'],
  sqlite: ['ALTER TABLE "finding" ADD COLUMN "clearinghouse_status" varchar(40)'],
};
