import type { Migration } from '../../../shared/database/migrations';
import { sealTimeline } from '../../../shared/timeline/timeline';

export const migration: Migration = { name: '0003-sealed-timeline', ...sealTimeline('review_event') };
