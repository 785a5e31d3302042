import { useEffect, useRef, useState } from 'preact/hooks';
import { singleKeys } from '../ui/single-keys';

const KEYS: readonly [key: string, what: string][] = [
  ['t', 'Table of the panel that has the focus'],
  ['g then d', 'Go to the dashboard'],
  ['g then e', 'Go to the explorer'],
  ['?', 'This list'],
];

const PAGES: Readonly<Record<string, string>> = { d: '/dashboard', e: '/explorer' };

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;

/** The keys of the dashboard, and the list of them. */
export function Keys() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    let isGoing = false;
    const press = (event: KeyboardEvent): void => {
      if (!singleKeys.value || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = isGoing ? PAGES[event.key] : undefined;
      isGoing = event.key === 'g';
      if (page) location.assign(page);
      else if (event.key === '?') setOpen(true);
      else if (event.key === 't')
        document.activeElement?.closest('.panel')?.querySelector<HTMLButtonElement>('[data-table]')?.click();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
  return isOpen ? <KeyList onClose={() => setOpen(false)} /> : null;
}

function KeyList({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} class="twin" aria-label="Keys" onClose={onClose}>
      <div class="twin-head">
        <h2>Keys</h2>
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
      </div>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
