import { useMemo, useState } from 'preact/hooks';
import { PROGRAMS, type ReadyQuestion, readyQuestions } from './questions';
import { type SavedQuestion, savedQuestion, savedQuestions } from './saved';
import { changeTab, currentTab, openTab } from './tabs';

/** Ready and saved questions, by program. */
export function QuestionList() {
  const ready = useMemo(() => readyQuestions(new Date()), []);
  const [search, setSearch] = useState('');
  const { list: saved, error } = savedQuestions.value;
  const matches = (title: string) => title.toLowerCase().includes(search.trim().toLowerCase());
  const current = currentTab().question;
  return (
    <section class="questions" aria-labelledby="questions-title">
      <header>
        <h2 id="questions-title">Questions</h2>
        <span class="muted small">
          {ready.length} ready, {saved.length} saved
        </span>
      </header>
      <input
        type="search"
        placeholder="Find a question"
        aria-label="Find a question"
        value={search}
        onInput={({ currentTarget }) => setSearch(currentTarget.value)}
      />
      {saved.some(({ name }) => matches(name)) && (
        <details open>
          <summary>
            Saved <span class="muted">{saved.length}</span>
          </summary>
          <ul>
            {saved
              .filter(({ name }) => matches(name))
              .map((question) => (
                <li key={question.id}>
                  <button
                    type="button"
                    class="question"
                    aria-current={current === question.name ? 'true' : undefined}
                    title={question.description ?? ''}
                    onClick={() => openSaved(question)}
                  >
                    <span class="number">★</span>
                    {question.name}
                  </button>
                </li>
              ))}
          </ul>
        </details>
      )}
      {error && <p class="muted small">{error}</p>}
      {PROGRAMS.map((program) => {
        const questions = ready.filter((question) => question.program === program && matches(question.title));
        if (questions.length === 0) return null;
        return (
          <details key={program} open={search !== '' || questions.some(({ title }) => title === current)}>
            <summary>
              {program} <span class="muted">{questions.length}</span>
            </summary>
            <ul>
              {questions.map((question) => (
                <li key={question.number}>
                  <button
                    type="button"
                    class="question"
                    aria-current={current === question.title ? 'true' : undefined}
                    onClick={() => openReady(question)}
                  >
                    <span class="number">{question.number}</span>
                    {question.title}
                  </button>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </section>
  );
}

const openReady = ({ title, text, variables }: ReadyQuestion): void =>
  openTab({ question: title, text, variables: JSON.stringify(variables, null, 2) });

const openSaved = ({ id, name, current }: SavedQuestion): void =>
  openTab({ question: name, savedId: id, text: current.operation, variables: current.variables ?? '{}' });

/**
 * Opens the question that the address names: `?question=` with the number of a ready question or the id of a saved one, and `&variables=` with JSON
 * text. @throws Error in words if there is none
 */
export async function openLinked(): Promise<void> {
  const parameters = new URLSearchParams(location.search);
  const name = parameters.get('question');
  if (name === null) return;
  history.replaceState(null, '', location.pathname);
  const ready = readyQuestions(new Date()).find(({ number }) => String(number) === name);
  if (ready) openReady(ready);
  else openSaved(await savedQuestion(name));
  const variables = parameters.get('variables');
  if (variables !== null) changeTab({ variables });
}
