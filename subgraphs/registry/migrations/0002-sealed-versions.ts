import { sealTimeline } from '#domain/timeline';
import type { Migration } from '#kit/database/migrations';

export const migration: Migration = { name: '0002-sealed-versions', ...sealTimeline('saved_question_version') };
