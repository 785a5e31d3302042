import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0006-contracts',
  mysql: [
    'CREATE TABLE `schema_contract` (`name` varchar(40) NOT NULL, `description` text NOT NULL, `included_tags` text NOT NULL, `excluded_tags` text NOT NULL, `classes` text NOT NULL, `changed_at` varchar(24) NOT NULL, `removed_at` varchar(24) NULL, `version` int NOT NULL, `exercise` tinyint NOT NULL, PRIMARY KEY (`name`)) ENGINE=InnoDB',
  ],
  sqlite: [
    'CREATE TABLE "schema_contract" ("name" varchar(40) PRIMARY KEY NOT NULL, "description" text NOT NULL, "included_tags" text NOT NULL, "excluded_tags" text NOT NULL, "classes" text NOT NULL, "changed_at" varchar(24) NOT NULL, "removed_at" varchar(24), "version" integer NOT NULL, "exercise" boolean NOT NULL)',
  ],
};
