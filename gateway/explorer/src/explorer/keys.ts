import { singleKeys } from '../ui/single-keys';
import { answerView } from './answer/view';
import { runCurrent } from './run';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable="true"]') !== null;

/** Pages by the key after `g`. */
const PAGES: Readonly<Record<string, string>> = { d: '/dashboard', e: '/explorer' };

/** Adds the keys of the page. @returns removes them */
export function addShortcuts(): () => void {
  let isGoing = false;
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      // the editor has its own
      if (!event.defaultPrevented) runCurrent();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === 's') {
      event.preventDefault();
      document.getElementById('save')?.click();
      return;
    }
    if (!singleKeys.value || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const page = isGoing ? PAGES[event.key] : undefined;
    isGoing = event.key === 'g';
    if (page) location.assign(page);
    else if (event.key === '1') answerView.value = 'table';
    else if (event.key === '2') answerView.value = 'chart';
    else if (event.key === '3') answerView.value = 'json';
    else if (event.key === '/') {
      event.preventDefault();
      document.getElementById('find-field')?.focus();
    }
  };
  document.addEventListener('keydown', press);
  return () => document.removeEventListener('keydown', press);
}
