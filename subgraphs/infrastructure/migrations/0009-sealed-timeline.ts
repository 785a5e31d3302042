import { sealTimeline } from '#domain/timeline';
import type { Migration } from '#kit/database/migrations';

export const migration: Migration = { name: '0009-sealed-timeline', ...sealTimeline('infrastructure_event') };
