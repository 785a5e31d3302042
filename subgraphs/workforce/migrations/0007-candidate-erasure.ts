import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0007-candidate-erasure',
  mysql: [
    'ALTER TABLE `candidate` ADD `legal_hold` varchar(255) NULL',
    'CREATE INDEX `IDX_1ae0b672a3f78022256d0c652b` ON `candidate` (`retain_until`)',
  ],
  sqlite: [
    'ALTER TABLE "candidate" ADD COLUMN "legal_hold" varchar(255)',
    'CREATE INDEX "IDX_1ae0b672a3f78022256d0c652b" ON "candidate" ("retain_until")',
  ],
};
