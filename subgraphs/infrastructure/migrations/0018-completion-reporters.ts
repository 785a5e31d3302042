import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0018-completion-reporters',
  mysql: ['ALTER TABLE `directive_progress` ADD `reporter_key` varchar(100) NULL'],
  sqlite: ['ALTER TABLE "directive_progress" ADD COLUMN "reporter_key" varchar(100)'],
};
