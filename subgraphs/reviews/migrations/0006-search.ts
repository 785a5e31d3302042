import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0006-search',
  mysql: [
    'CREATE TABLE `atlas_tactic_word` (`owner_key` varchar(20) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_0b3e55bf2fcc538ac608a82457` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `atlas_technique_word` (`owner_key` varchar(20) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_4f8593e3173cc57b5271c23382` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `atlas_mitigation_word` (`owner_key` varchar(20) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_d4ef65fe5ad3aa9ebcc6a8fe1c` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `atlas_case_study_word` (`owner_key` varchar(20) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_cf800dc51853886627f07e5495` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `evaluation_definition_word` (`owner_key` varchar(100) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_68c43edb12f473e0461e2d1fd5` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `finding_word` (`owner_key` varchar(30) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_f938b4da529fa622b450ca5608` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'ALTER TABLE `atlas_tactic_word` ADD CONSTRAINT `FK_47b6c05b995a126bae307cc33c7` FOREIGN KEY (`owner_key`) REFERENCES `atlas_tactic`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `atlas_technique_word` ADD CONSTRAINT `FK_764b819720e6b02d53367cde9e6` FOREIGN KEY (`owner_key`) REFERENCES `atlas_technique`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `atlas_mitigation_word` ADD CONSTRAINT `FK_96b6e2b3d6d0f8caaad0d225fb5` FOREIGN KEY (`owner_key`) REFERENCES `atlas_mitigation`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `atlas_case_study_word` ADD CONSTRAINT `FK_8eb91eef37439282c710cbe13f9` FOREIGN KEY (`owner_key`) REFERENCES `atlas_case_study`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `evaluation_definition_word` ADD CONSTRAINT `FK_7819099db127590faaed13e643a` FOREIGN KEY (`owner_key`) REFERENCES `evaluation_definition`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `finding_word` ADD CONSTRAINT `FK_0529eb778e03816e76f2cdb20d6` FOREIGN KEY (`owner_key`) REFERENCES `finding`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
  ],
  sqlite: [
    'CREATE TABLE "atlas_tactic_word" ("owner_key" varchar(20) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_47b6c05b995a126bae307cc33c7" FOREIGN KEY ("owner_key") REFERENCES "atlas_tactic" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_0b3e55bf2fcc538ac608a82457" ON "atlas_tactic_word" ("word", "field", "owner_key")',
    'CREATE TABLE "atlas_technique_word" ("owner_key" varchar(20) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_764b819720e6b02d53367cde9e6" FOREIGN KEY ("owner_key") REFERENCES "atlas_technique" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_4f8593e3173cc57b5271c23382" ON "atlas_technique_word" ("word", "field", "owner_key")',
    'CREATE TABLE "atlas_mitigation_word" ("owner_key" varchar(20) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_96b6e2b3d6d0f8caaad0d225fb5" FOREIGN KEY ("owner_key") REFERENCES "atlas_mitigation" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_d4ef65fe5ad3aa9ebcc6a8fe1c" ON "atlas_mitigation_word" ("word", "field", "owner_key")',
    'CREATE TABLE "atlas_case_study_word" ("owner_key" varchar(20) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_8eb91eef37439282c710cbe13f9" FOREIGN KEY ("owner_key") REFERENCES "atlas_case_study" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_cf800dc51853886627f07e5495" ON "atlas_case_study_word" ("word", "field", "owner_key")',
    'CREATE TABLE "evaluation_definition_word" ("owner_key" varchar(100) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_7819099db127590faaed13e643a" FOREIGN KEY ("owner_key") REFERENCES "evaluation_definition" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_68c43edb12f473e0461e2d1fd5" ON "evaluation_definition_word" ("word", "field", "owner_key")',
    'CREATE TABLE "finding_word" ("owner_key" varchar(30) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_0529eb778e03816e76f2cdb20d6" FOREIGN KEY ("owner_key") REFERENCES "finding" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_f938b4da529fa622b450ca5608" ON "finding_word" ("word", "field", "owner_key")',
  ],
};
