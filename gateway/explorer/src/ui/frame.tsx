import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Extensions } from '../graph/ask';
import { config } from '../graph/config';
import { caller, callers, isExpired, signOut } from '../graph/session';
import { signIn } from '../graph/sign-in';
import { agencyName } from './agency-name';
import { theme, toggleTheme } from './theme';

/** Extensions of the answers on the page, by what they are for. Decide the handling banner. */
const shown = signal<ReadonlyMap<string, Extensions['sensitivity']>>(new Map());

/** Notes the handling of an answer on the page; undefined removes it. */
export function noteHandling(of: string, handling: Extensions['sensitivity']): void {
  const next = new Map(shown.peek());
  if (handling) next.set(of, handling);
  else next.delete(of);
  shown.value = next;
}

/** Whether objects on the page belong to an exercise. */
export const hasExerciseData = signal(false);

/** What the page is, to those who print or copy it: the union of the classes in it. */
const handling: ReadonlySignal<{ marking: string; agencies: readonly string[]; isControlled: boolean }> = computed(
  () => {
    const parts = [...shown.value.values()].filter((part) => part !== undefined);
    const classes = [...new Set(parts.map((part) => part.class))].filter((name) => name !== 'PUBLIC');
    const markings = [...new Set(classes.map((name) => config.markings[name]))];
    return {
      marking: joined(markings) || config.markings.PUBLIC,
      agencies: [...new Set(parts.flatMap(({ agencies }) => agencies))].sort(),
      isControlled: classes.length > 0,
    };
  },
);

/** One marking for several: `CUI//SP-PROPIN` and `CUI//ISVI` are `CUI//SP-PROPIN/ISVI`. */
export function joined(markings: readonly string[]): string {
  const split = markings.map((marking) => marking.split('//') as [string, string?]);
  const [first] = split;
  if (!first) return '';
  const categories = [...new Set(split.flatMap(([, category]) => category ?? []))];
  return [first[0], ...(categories.length > 0 ? [categories.join('/')] : [])].join('//');
}

function HandlingBanner({ place }: { place: string }) {
  const { marking, agencies, isControlled } = handling.value;
  const owners = agencies.length > 0 ? `Controlled by ${agencies.map(agencyName).join(', ')}` : '';
  const notes = [isControlled ? owners : '', hasExerciseData.value ? 'Exercise data: invented, no real company' : ''];
  return (
    <section class={`handling${isControlled ? ' controlled' : ''}`} aria-label={`Handling, ${place} of the page`}>
      <b>{marking}</b>
      {notes.filter(Boolean).join(' · ')}
    </section>
  );
}

interface FrameProps {
  /** Path of the page among those of the navigation. */
  readonly current: string;
  /** Further places to skip to, by their id. */
  readonly skipTo?: Readonly<Record<string, string>>;
  readonly children: ComponentChildren;
}

const PAGES: readonly [path: string, name: string][] = [
  ['/dashboard', 'At a glance'],
  ['/dashboard/framework', 'Voluntary framework'],
  ['/dashboard/workforce', 'Workforce'],
  ['/dashboard/infrastructure', 'Infrastructure'],
  ['/dashboard/clearinghouse', 'Clearinghouse'],
  ['/dashboard/agencies', 'Agencies'],
  ['/explorer', 'Explorer'],
];

/** What every page has around it. */
export function Frame({ current, skipTo = {}, children }: FrameProps) {
  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      {Object.entries(skipTo).map(([id, name]) => (
        <a key={id} class="skip" href={`#${id}`}>
          Skip to {name}
        </a>
      ))}
      <HandlingBanner place="top" />
      <header class="topbar">
        <a class="brand" href="/dashboard">
          Ordergraph
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([path, name]) => (
            <a key={path} href={path} aria-current={isCurrent(path, current) ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <AskAs />
        <button type="button" onClick={toggleTheme} aria-pressed={theme.value === 'dark'}>
          {theme.value === 'dark' ? 'Light' : 'Dark'}
        </button>
      </header>
      {isExpired.value && <SignInAgain />}
      {children}
      <HandlingBanner place="end" />
    </>
  );
}

const isCurrent = (path: string, current: string): boolean =>
  path === current || (path === '/dashboard/agencies' && current.startsWith(`${path}/`));

/** Who asks: a choice on development graphs, the person who signed in elsewhere. */
function AskAs() {
  if (callers.length > 1)
    return (
      <label class="caller">
        <span class="muted">Ask as</span>
        <select
          value={caller.value.name}
          onChange={({ currentTarget: { value } }) => {
            caller.value = callers.find(({ name }) => name === value)!;
          }}
        >
          {callers.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    );
  if (!config.signIn) return <span class="caller muted">the public</span>;
  return (
    <span class="caller">
      <span class="muted">{caller.value.name}</span>
      {caller.value.token === undefined ? (
        <button type="button" onClick={() => signIn()}>
          Sign in
        </button>
      ) : (
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      )}
    </span>
  );
}

function SignInAgain() {
  const at = caller.value.expiresAt;
  const when = at ? ` at ${new Date(at).toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' })}` : '';
  return (
    <div class="notice" role="alert">
      <span>Your sign-in ended{when}. Sign in again; your work on this page is kept.</span>
      {config.signIn ? (
        <button type="button" onClick={() => signIn()}>
          Sign in
        </button>
      ) : (
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      )}
    </div>
  );
}
