import { onSingleKey } from '../ui/single-keys';
import { answerView, VIEWS } from './answer/view';
import { runCurrent } from './run';

/** Adds the keys of the page. @returns removes them */
export function addShortcuts(): () => void {
  const withControl = (event: KeyboardEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    // the editor has its own
    if (event.key === 'Enter' && !event.defaultPrevented) runCurrent();
    if (event.key === 's') {
      event.preventDefault();
      document.getElementById('save')?.click();
    }
  };
  document.addEventListener('keydown', withControl);
  const stop = onSingleKey((event) => {
    const view = VIEWS[Number(event.key) - 1];
    if (view) answerView.value = view;
    if (event.key === '/') {
      event.preventDefault();
      document.getElementById('find-field')?.focus();
    }
  });
  return () => {
    document.removeEventListener('keydown', withControl);
    stop();
  };
}
