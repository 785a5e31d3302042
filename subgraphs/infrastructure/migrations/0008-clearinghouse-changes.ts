import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0008-clearinghouse-changes',
  mysql: [
    'CREATE TABLE `bulk_item` (`call_id` varchar(220) NOT NULL, `place` int NOT NULL, `status` varchar(10) NOT NULL, `object_key` varchar(60) NULL, `error` text NULL, `created_at` varchar(24) NOT NULL, INDEX `IDX_f4861235c5d295f23b1f064310` (`created_at`), PRIMARY KEY (`call_id`, `place`)) ENGINE=InnoDB',
    'CREATE TABLE `infrastructure_event` (`id` varchar(30) NOT NULL, `subject_type` varchar(40) NOT NULL, `subject_id` varchar(40) NOT NULL, `sequence` int NOT NULL, `occurred_at` varchar(24) NOT NULL, `recorded_at` varchar(24) NOT NULL, `kind` varchar(40) NOT NULL, `actor` varchar(40) NOT NULL, `agency_key` varchar(60) NULL, `from_state` varchar(40) NULL, `to_state` varchar(40) NULL, `detail` text NULL, `exercise` tinyint NOT NULL, UNIQUE INDEX `IDX_645b0c210b2a64cc94c8f62655` (`subject_id`, `sequence`), INDEX `IDX_bd76b6fc4d988cecb00887a9f4` (`occurred_at`, `sequence`, `id`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'ALTER TABLE `clearinghouse_case` ADD `assigned_cve` varchar(30) NULL',
    'ALTER TABLE `clearinghouse_case` ADD `vendor_name` varchar(255) NULL',
    'ALTER TABLE `clearinghouse_case` ADD `vendor_contacted_at` varchar(24) NULL',
    'ALTER TABLE `clearinghouse_case` ADD `merged_into_id` varchar(30) NULL',
    'ALTER TABLE `clearinghouse_case` ADD `handled_cve` varchar(30) NULL',
    'ALTER TABLE `clearinghouse_case` ADD UNIQUE INDEX `IDX_ba046d59fe5b8f06e3b02d7cb2` (`handled_cve`)',
    'CREATE INDEX `IDX_3796d0899d8632c5da83da990a` ON `clearinghouse_case` (`merged_into_id`)',
    'ALTER TABLE `clearinghouse_case` ADD CONSTRAINT `FK_3796d0899d8632c5da83da990a1` FOREIGN KEY (`merged_into_id`) REFERENCES `clearinghouse_case`(`id`) ON DELETE NO ACTION ON UPDATE NO ACTION',
  ],
  sqlite: [
    'CREATE TABLE "bulk_item" ("call_id" varchar(220) NOT NULL, "place" integer NOT NULL, "status" varchar(10) NOT NULL, "object_key" varchar(60), "error" text, "created_at" varchar(24) NOT NULL, PRIMARY KEY ("call_id", "place"))',
    'ALTER TABLE "clearinghouse_case" ADD COLUMN "assigned_cve" varchar(30)',
    'ALTER TABLE "clearinghouse_case" ADD COLUMN "vendor_name" varchar(255)',
    'ALTER TABLE "clearinghouse_case" ADD COLUMN "vendor_contacted_at" varchar(24)',
    'ALTER TABLE "clearinghouse_case" ADD COLUMN "merged_into_id" varchar(30)',
    'ALTER TABLE "clearinghouse_case" ADD COLUMN "handled_cve" varchar(30)',
    'CREATE INDEX "IDX_f4861235c5d295f23b1f064310" ON "bulk_item" ("created_at")',
    'CREATE TABLE "infrastructure_event" ("id" varchar(30) PRIMARY KEY NOT NULL, "subject_type" varchar(40) NOT NULL, "subject_id" varchar(40) NOT NULL, "sequence" integer NOT NULL, "occurred_at" varchar(24) NOT NULL, "recorded_at" varchar(24) NOT NULL, "kind" varchar(40) NOT NULL, "actor" varchar(40) NOT NULL, "agency_key" varchar(60), "from_state" varchar(40), "to_state" varchar(40), "detail" text, "exercise" boolean NOT NULL)',
    'CREATE UNIQUE INDEX "IDX_645b0c210b2a64cc94c8f62655" ON "infrastructure_event" ("subject_id", "sequence")',
    'CREATE INDEX "IDX_bd76b6fc4d988cecb00887a9f4" ON "infrastructure_event" ("occurred_at", "sequence", "id")',
    'CREATE INDEX "IDX_3796d0899d8632c5da83da990a" ON "clearinghouse_case" ("merged_into_id")',
    'CREATE UNIQUE INDEX "IDX_ba046d59fe5b8f06e3b02d7cb2" ON "clearinghouse_case" ("handled_cve")',
  ],
};
