import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0010-separations',
  mysql: ['ALTER TABLE `hiring_request` ADD `separated_at` varchar(24) NULL'],
  sqlite: ['ALTER TABLE "hiring_request" ADD COLUMN "separated_at" varchar(24)'],
};
