import { sealTimeline } from '#domain/timeline';
import type { Migration } from '#kit/database/migrations';

export const migration: Migration = { name: '0005-sealed-timeline', ...sealTimeline('workforce_event') };
