import { sealTimeline } from '#domain/timeline';
import type { Migration } from '#kit/database/migrations';

export const migration: Migration = { name: '0008-sealed-inquiries', ...sealTimeline('inquiry_event') };
