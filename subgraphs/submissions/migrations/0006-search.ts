import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0006-search',
  mysql: [
    'CREATE TABLE `developer_organization_word` (`owner_key` varchar(60) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_cfe3ea2ec885752f236f285576` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `ai_model_word` (`owner_key` varchar(30) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_f5c91e4d26f289e1fe9fa6497d` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'ALTER TABLE `developer_organization_word` ADD CONSTRAINT `FK_705efb59a06ad423f38ba6a68af` FOREIGN KEY (`owner_key`) REFERENCES `developer_organization`(`key`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `ai_model_word` ADD CONSTRAINT `FK_78f3fdd636c818152ef6a827d99` FOREIGN KEY (`owner_key`) REFERENCES `ai_model`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
  ],
  sqlite: [
    'CREATE TABLE "developer_organization_word" ("owner_key" varchar(60) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_705efb59a06ad423f38ba6a68af" FOREIGN KEY ("owner_key") REFERENCES "developer_organization" ("key") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_cfe3ea2ec885752f236f285576" ON "developer_organization_word" ("word", "field", "owner_key")',
    'CREATE TABLE "ai_model_word" ("owner_key" varchar(30) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_78f3fdd636c818152ef6a827d99" FOREIGN KEY ("owner_key") REFERENCES "ai_model" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_f5c91e4d26f289e1fe9fa6497d" ON "ai_model_word" ("word", "field", "owner_key")',
  ],
};
