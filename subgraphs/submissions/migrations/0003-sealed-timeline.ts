import { sealTimeline } from '#domain/timeline';
import type { Migration } from '#kit/database/migrations';

export const migration: Migration = { name: '0003-sealed-timeline', ...sealTimeline('submission_event') };
