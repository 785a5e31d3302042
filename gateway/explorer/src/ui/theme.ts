import { effect, signal } from '@preact/signals';

type Theme = 'light' | 'dark';

const KEY = 'ordergraph.theme';

/** The colors of the page: what the reader chose, else what the system prefers. */
export const theme = signal<Theme>(
  (localStorage.getItem(KEY) as Theme | null) ??
    (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
);

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem(KEY, theme.value);
}
