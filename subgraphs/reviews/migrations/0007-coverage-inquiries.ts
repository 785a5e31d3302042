import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0007-coverage-inquiries',
  mysql: [
    'ALTER TABLE `designation` ADD `inquiry_id` varchar(30) NULL',
    'ALTER TABLE `designation` ADD `developer_key` varchar(60) NULL',
    'ALTER TABLE `designation` ADD `criteria_edition` varchar(80) NULL',
    'ALTER TABLE `designation` CHANGE `submission_id` `submission_id` varchar(30) NULL',
    'ALTER TABLE `designation` CHANGE `version_id` `version_id` varchar(30) NULL',
    'CREATE INDEX `IDX_9dc60d708622133d338e162bef` ON `designation` (`inquiry_id`)',
  ],
  // no table refers to designations, so SQLite can rebuild theirs, which its ALTER TABLE cannot make nullable
  sqlite: [
    'CREATE TABLE "temporary_designation" ("id" varchar(30) PRIMARY KEY NOT NULL, "submission_id" varchar(30), "version_id" varchar(30), "inquiry_id" varchar(30), "developer_key" varchar(60), "outcome" varchar(40) NOT NULL, "criteria_edition" varchar(80), "made_by_key" varchar(60) NOT NULL, "made_at" varchar(24) NOT NULL, "classified_annex_exists" boolean NOT NULL, "exercise" boolean NOT NULL)',
    'INSERT INTO "temporary_designation"("id", "submission_id", "version_id", "outcome", "made_by_key", "made_at", "classified_annex_exists", "exercise") SELECT "id", "submission_id", "version_id", "outcome", "made_by_key", "made_at", "classified_annex_exists", "exercise" FROM "designation"',
    'DROP TABLE "designation"',
    'ALTER TABLE "temporary_designation" RENAME TO "designation"',
    'CREATE INDEX "IDX_8bdf3fc29bc0bda7288e357230" ON "designation" ("submission_id")',
    'CREATE INDEX "IDX_1215db919602f7eeb9ea72b67a" ON "designation" ("version_id")',
    'CREATE INDEX "IDX_9dc60d708622133d338e162bef" ON "designation" ("inquiry_id")',
    'CREATE INDEX "IDX_3268f47f7490d0678df6d064cc" ON "designation" ("made_by_key")',
    'CREATE INDEX "IDX_327b4569716c89c6ea37dda5cb" ON "designation" ("made_at", "id")',
  ],
};
