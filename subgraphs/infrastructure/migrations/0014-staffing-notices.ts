import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0014-staffing-notices',
  mysql: [
    'CREATE TABLE `staffing_notice` (`id` varchar(70) NOT NULL, `entered_on` varchar(10) NULL, `vacated_on` varchar(10) NULL, `exercise` tinyint NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
  ],
  sqlite: [
    'CREATE TABLE "staffing_notice" ("id" varchar(70) PRIMARY KEY NOT NULL, "entered_on" varchar(10), "vacated_on" varchar(10), "exercise" boolean NOT NULL)',
  ],
};
