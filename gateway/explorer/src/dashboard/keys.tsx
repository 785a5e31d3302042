import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { onSingleKey } from '../ui/single-keys';

const KEYS: readonly [key: string, what: string][] = [
  ['t', 'Table of the panel that has the focus'],
  ['g then d', 'Go to the dashboard'],
  ['g then e', 'Go to the explorer'],
  ['?', 'This list'],
];

/** The keys of the dashboard, and the list of them. */
export function Keys() {
  const [isOpen, setOpen] = useState(false);
  // before the page is seen: who sees it may press a key
  useLayoutEffect(
    () =>
      onSingleKey(({ key }) => {
        if (key === '?') setOpen(true);
        if (key === 't')
          document.activeElement?.closest('.panel')?.querySelector<HTMLButtonElement>('[data-table]')?.click();
      }),
    [],
  );
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
