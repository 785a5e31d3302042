import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { caller } from '../graph/session';
import { DEPENDENCE_MARKS, type Dependence, dependenceWords } from './withheld-words';

/** Marks on the page, by the panel that has them. */
const marks = signal<ReadonlyMap<string, readonly Dependence[]>>(new Map());

const shown = computed(() => {
  const all = new Set([...marks.value.values()].flat());
  return (Object.keys(DEPENDENCE_MARKS) as Dependence[]).filter((dependence) => all.has(dependence));
});

/** Notes the marks of a panel, so that the page explains them. */
export function useMarks(panel: string, dependences: readonly Dependence[]): void {
  const key = dependences.join(' ');
  useEffect(() => {
    if (dependences.length === 0) return;
    marks.value = new Map(marks.peek()).set(panel, dependences);
    return () => {
      const next = new Map(marks.peek());
      next.delete(panel);
      marks.value = next;
    };
  }, [panel, key]);
}

/** What the marks on the page mean. */
export const MarkNotes = () => (
  <>
    {shown.value.map((dependence) => (
      <span key={dependence}>
        {DEPENDENCE_MARKS[dependence]} {dependenceWords(dependence, caller.value.name)}
      </span>
    ))}
  </>
);
