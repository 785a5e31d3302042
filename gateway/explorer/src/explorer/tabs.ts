import { effect, signal } from '@preact/signals';

/** An operation that a reader works on. */
export interface Tab {
  readonly id: number;
  /** Name of the question that it began with; undefined for a new one. */
  readonly question?: string;
  /** The saved question that it shows. */
  readonly savedId?: string;
  readonly text: string;
  /** JSON text. */
  readonly variables: string;
}

const KEY = 'ordergraph.tabs';

export const EMPTY_TEXT =
  '# Check fields in the schema, choose a question, or type here. Ctrl+Space completes, Ctrl+Enter runs.\n';

interface Tabs {
  readonly open: readonly Tab[];
  readonly current: number;
}

/** Open operations of this browser tab. */
export const tabs = signal<Tabs>(stored());

effect(() => sessionStorage.setItem(KEY, JSON.stringify(tabs.value)));

function stored(): Tabs {
  const text = sessionStorage.getItem(KEY);
  const open = text ? (JSON.parse(text) as Tabs).open.filter((tab) => tab.text !== EMPTY_TEXT) : [];
  const linked = linkedTab(1 + Math.max(0, ...open.map(({ id }) => id)));
  if (linked) return { open: [...open, linked], current: linked.id };
  if (text) return JSON.parse(text) as Tabs;
  return { open: [{ id: 1, text: EMPTY_TEXT, variables: '{}' }], current: 1 };
}

/** What a link to the explorer opens: `#q=` and JSON text with `text`, and optionally `variables` and `title`. */
function linkedTab(id: number): Tab | undefined {
  const [, encoded] = /^#q=(.+)$/.exec(location.hash) ?? [];
  if (encoded === undefined) return undefined;
  history.replaceState(null, '', location.pathname);
  try {
    const { text, variables, title } = JSON.parse(decodeURIComponent(encoded));
    return { id, question: title, text: String(text), variables: JSON.stringify(variables ?? {}, null, 2) };
  } catch {
    return undefined;
  }
}

export const currentTab = (): Tab => tabs.value.open.find(({ id }) => id === tabs.value.current) ?? tabs.value.open[0]!;

export function changeTab(change: Partial<Tab>): void {
  const { open, current } = tabs.value;
  tabs.value = { current, open: open.map((tab) => (tab.id === current ? { ...tab, ...change } : tab)) };
}

/** Opens an operation: in its tab if it is open, in the current one if that is untouched, else in a new one. */
export function openTab(tab: Omit<Tab, 'id'>): void {
  const { open } = tabs.value;
  const same = open.find((one) => one.text === tab.text && one.question === tab.question);
  if (same) {
    tabs.value = { open, current: same.id };
    return;
  }
  const untouched = currentTab().text === EMPTY_TEXT ? currentTab() : undefined;
  const id = untouched?.id ?? Math.max(...open.map((one) => one.id)) + 1;
  const next = { ...tab, id };
  tabs.value = { open: untouched ? open.map((one) => (one === untouched ? next : one)) : [...open, next], current: id };
}

export function newTab(): void {
  const { open } = tabs.value;
  const id = Math.max(...open.map((one) => one.id)) + 1;
  tabs.value = { open: [...open, { id, text: EMPTY_TEXT, variables: '{}' }], current: id };
}

export function closeTab(id: number): void {
  const { open, current } = tabs.value;
  const place = open.findIndex((tab) => tab.id === id);
  const rest = open.filter((tab) => tab.id !== id);
  if (rest.length === 0) tabs.value = { open: [{ id: 1, text: EMPTY_TEXT, variables: '{}' }], current: 1 };
  else tabs.value = { open: rest, current: current === id ? rest[Math.max(0, place - 1)]!.id : current };
}

/** Name of an operation's tab: the first name in its text. */
export const titleOf = ({ text, question }: Tab): string =>
  /^\s*(?:query|mutation)\s+(\w+)/m.exec(text)?.[1] ?? question ?? 'New';
