import type { Migration } from '#kit/database/migrations';

/** Earlier releases could store a content after its removal, so that all destroyed ones are removed once more. */
const REMOVED_AGAIN = "UPDATE artifact SET content_removed = 0 WHERE storage = 'DESTROYED'";

export const migration: Migration = {
  name: '0010-removed-contents',
  mysql: [REMOVED_AGAIN],
  sqlite: [REMOVED_AGAIN],
};
