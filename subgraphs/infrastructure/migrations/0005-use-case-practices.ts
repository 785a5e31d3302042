import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0005-use-case-practices',
  mysql: [
    'ALTER TABLE `ai_use_case` ADD `impact_assessment` varchar(120) NULL',
    'ALTER TABLE `ai_use_case` ADD `independent_review` varchar(120) NULL',
    'ALTER TABLE `ai_use_case` ADD `monitoring` varchar(120) NULL',
    'ALTER TABLE `ai_use_case` ADD `training` varchar(120) NULL',
    'ALTER TABLE `ai_use_case` ADD `failsafe` varchar(120) NULL',
    'ALTER TABLE `ai_use_case` ADD `appeal` varchar(120) NULL',
    'ALTER TABLE `ai_use_case` ADD `public_consultation` varchar(1000) NULL',
    'ALTER TABLE `ai_use_case` ADD `potential_impacts` text NULL',
  ],
  sqlite: [
    'ALTER TABLE "ai_use_case" ADD COLUMN "impact_assessment" varchar(120)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "independent_review" varchar(120)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "monitoring" varchar(120)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "training" varchar(120)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "failsafe" varchar(120)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "appeal" varchar(120)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "public_consultation" varchar(1000)',
    'ALTER TABLE "ai_use_case" ADD COLUMN "potential_impacts" text',
  ],
};
