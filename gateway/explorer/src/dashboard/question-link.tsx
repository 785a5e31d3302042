import { momentsAt } from './calendar';
import type { Operation } from './operations';

/** Address of the explorer with an operation in it. */
export function explorerAddress({ document, title, variables }: Operation, now: number): string {
  const question = { text: document.text, variables: variables(momentsAt(now)), title };
  return `/explorer#q=${encodeURIComponent(JSON.stringify(question))}`;
}

/** Links a figure to the question behind it. */
export function QuestionLink({ operation, of }: { readonly operation: Operation; readonly of: string }) {
  // the address is written when it is needed: a page has dozens of links with long operations
  const fill = ({ currentTarget }: { currentTarget: HTMLAnchorElement }) => {
    currentTarget.href = explorerAddress(operation, Date.now());
  };
  return (
    <a
      class="question"
      href="/explorer"
      aria-label={`Question behind: ${of}`}
      onPointerDown={fill}
      onFocus={fill}
      onClick={fill}
    >
      Question
    </a>
  );
}
