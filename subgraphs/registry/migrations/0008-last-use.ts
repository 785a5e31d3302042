import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0008-last-use',
  mysql: ['ALTER TABLE `client_release` ADD `last_used_on` varchar(10) NULL'],
  sqlite: ['ALTER TABLE "client_release" ADD COLUMN "last_used_on" varchar(10)'],
};
