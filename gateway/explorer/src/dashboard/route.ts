import { signal } from '@preact/signals';

/** Path of the page that is shown. */
export const path = signal(location.pathname);

/** Follows links within the dashboard without loading it again, so that last known figures are kept. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest?.('a');
    if (!link || link.target || link.origin !== location.origin || !isPage(link.pathname)) return;
    event.preventDefault();
    history.pushState(null, '', link.href);
    path.value = location.pathname;
    scrollTo(0, 0);
  });
  addEventListener('popstate', () => {
    path.value = location.pathname;
  });
}

const isPage = (pathname: string): boolean => pathname === '/dashboard' || pathname.startsWith('/dashboard/');
