import { signal } from '@preact/signals';

export const VIEWS = ['table', 'chart', 'json'] as const;
export type View = (typeof VIEWS)[number];

/** How answers are shown. */
export const answerView = signal<View>('table');
