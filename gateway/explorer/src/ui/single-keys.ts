import { signal } from '@preact/signals';

const NAME = 'ordergraph.single-keys';

/** Whether keys without Ctrl do something. People who dictate turn them off: spoken words would press them. */
export const singleKeys = signal(localStorage.getItem(NAME) !== 'off');

export function toggleSingleKeys(): void {
  singleKeys.value = !singleKeys.value;
  localStorage.setItem(NAME, singleKeys.value ? 'on' : 'off');
}
