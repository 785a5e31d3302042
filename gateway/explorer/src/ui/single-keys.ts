import { signal } from '@preact/signals';

const NAME = 'ordergraph.single-keys';

/** Whether keys without Ctrl do something. People who dictate turn them off: spoken words would press them. */
export const singleKeys = signal(localStorage.getItem(NAME) !== 'off');

export function toggleSingleKeys(): void {
  singleKeys.value = !singleKeys.value;
  localStorage.setItem(NAME, singleKeys.value ? 'on' : 'off');
}

/** Pages by the key after `g`. */
const PAGES: Readonly<Record<string, string>> = { d: '/dashboard', e: '/explorer' };

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, dialog, [contenteditable="true"]') !== null;

/** Calls `press` for single keys outside of fields, except those that lead to another page. @returns stops it */
export function onSingleKey(press: (event: KeyboardEvent) => void): () => void {
  let isGoing = false;
  const listen = (event: KeyboardEvent): void => {
    if (!singleKeys.value || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const page = isGoing ? PAGES[event.key] : undefined;
    isGoing = event.key === 'g';
    if (page) location.assign(page);
    else press(event);
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}
