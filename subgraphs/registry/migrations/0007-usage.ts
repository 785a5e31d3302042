import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0007-usage',
  mysql: [
    'DROP INDEX `IDX_9b57be2efbe5b1f58bfaa87cd3` ON `operation_use`',
    'CREATE TABLE `served_schema` (`id` varchar(30) NOT NULL, `subgraph_name` varchar(60) NOT NULL, `replica` varchar(100) NOT NULL, `is_served` tinyint NOT NULL, `unserved` text NOT NULL, `unpublished` text NOT NULL, `seen_at` varchar(24) NOT NULL, `exercise` tinyint NOT NULL, INDEX `IDX_8248c8855a83854ec9532ab41d` (`subgraph_name`), INDEX `IDX_d67e6c46bc0489a46563d9af29` (`replica`, `id`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'CREATE TABLE `operation_coordinate` (`id` varchar(30) NOT NULL, `operation_id` varchar(30) NOT NULL, `coordinate` varchar(250) NOT NULL, `exercise` tinyint NOT NULL, INDEX `IDX_ad4464af47e3e9ed58a060d9b8` (`operation_id`), INDEX `IDX_ae6cd57c634aa035fb71ee02d7` (`coordinate`, `id`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
    "ALTER TABLE `operation_use` ADD `party` varchar(220) NOT NULL DEFAULT ''",
    "ALTER TABLE `used_operation` ADD `party` varchar(220) NOT NULL DEFAULT ''",
    'CREATE INDEX `IDX_2400a69fd3d42d506e6bf7557e` ON `operation_use` (`day`, `party`)',
    'CREATE INDEX `IDX_f0bb9314ffe528590abede8bb9` ON `used_operation` (`party`)',
    'ALTER TABLE `served_schema` ADD CONSTRAINT `FK_8248c8855a83854ec9532ab41dc` FOREIGN KEY (`subgraph_name`) REFERENCES `registered_subgraph`(`name`) ON DELETE NO ACTION ON UPDATE NO ACTION',
    'ALTER TABLE `operation_coordinate` ADD CONSTRAINT `FK_ad4464af47e3e9ed58a060d9b8e` FOREIGN KEY (`operation_id`) REFERENCES `used_operation`(`id`) ON DELETE NO ACTION ON UPDATE NO ACTION',
  ],
  sqlite: [
    'DROP INDEX "IDX_9b57be2efbe5b1f58bfaa87cd3"',
    'CREATE TABLE "served_schema" ("id" varchar(30) PRIMARY KEY NOT NULL, "subgraph_name" varchar(60) NOT NULL, "replica" varchar(100) NOT NULL, "is_served" boolean NOT NULL, "unserved" text NOT NULL, "unpublished" text NOT NULL, "seen_at" varchar(24) NOT NULL, "exercise" boolean NOT NULL, CONSTRAINT "FK_8248c8855a83854ec9532ab41dc" FOREIGN KEY ("subgraph_name") REFERENCES "registered_subgraph" ("name") ON DELETE NO ACTION ON UPDATE NO ACTION)',
    'ALTER TABLE "operation_use" ADD COLUMN "party" varchar(220) NOT NULL DEFAULT (\'\')',
    'ALTER TABLE "used_operation" ADD COLUMN "party" varchar(220) NOT NULL DEFAULT (\'\')',
    'CREATE INDEX "IDX_8248c8855a83854ec9532ab41d" ON "served_schema" ("subgraph_name")',
    'CREATE INDEX "IDX_d67e6c46bc0489a46563d9af29" ON "served_schema" ("replica", "id")',
    'CREATE TABLE "operation_coordinate" ("id" varchar(30) PRIMARY KEY NOT NULL, "operation_id" varchar(30) NOT NULL, "coordinate" varchar(250) NOT NULL, "exercise" boolean NOT NULL, CONSTRAINT "FK_ad4464af47e3e9ed58a060d9b8e" FOREIGN KEY ("operation_id") REFERENCES "used_operation" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION)',
    'CREATE INDEX "IDX_ad4464af47e3e9ed58a060d9b8" ON "operation_coordinate" ("operation_id")',
    'CREATE INDEX "IDX_ae6cd57c634aa035fb71ee02d7" ON "operation_coordinate" ("coordinate", "id")',
    'CREATE INDEX "IDX_2400a69fd3d42d506e6bf7557e" ON "operation_use" ("day", "party")',
    'CREATE INDEX "IDX_f0bb9314ffe528590abede8bb9" ON "used_operation" ("party")',
  ],
};
