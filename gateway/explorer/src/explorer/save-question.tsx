import { useRef, useState } from 'preact/hooks';
import { caller } from '../graph/session';
import { PROGRAMS, type Program } from './questions';
import { type Saving, savedQuestions, saveQuestion, saveVersion } from './saved';
import { changeTab, currentTab, titleOf } from './tabs';

/** The value of `QuestionProgram` for a program. */
const enumValueOf = (program: Program): string => program.toUpperCase().replaceAll(' ', '_');

/** Saves the current operation: as a new question, or as the next version of the one that it came from. */
export function SaveQuestion() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<string>();
  const [saved, setSaved] = useState<string>();
  const tab = currentTab();
  const known = savedQuestions.value.list.find(({ id }) => id === tab.savedId);
  if (caller.value.token === undefined) return null;
  const operation = { operation: tab.text, variables: tab.variables.trim() || '{}' };
  const run = async (work: () => ReturnType<typeof saveQuestion>) => {
    try {
      const { id, name, current } = await work();
      changeTab({ question: name, savedId: id });
      setError(undefined);
      setSaved(`Saved as version ${current.number}. Link: ${location.origin}/explorer?question=${id}`);
    } catch (failure) {
      setError((failure as Error).message);
    }
  };
  const open = () => {
    setError(undefined);
    setSaved(undefined);
    dialog.current!.showModal();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(fields.get(name) ?? '').trim();
    const saving: Saving = {
      ...operation,
      name: text('name'),
      description: text('description'),
      program: text('program'),
      sharedWithRoles: text('roles')
        .split(/[\s,]+/)
        .filter(Boolean),
    };
    run(() => saveQuestion(saving));
  };
  return (
    <>
      <button type="button" id="save" onClick={open}>
        Save as question
      </button>
      <dialog ref={dialog} class="dialog" aria-labelledby="save-title">
        <h2 id="save-title">Save as question</h2>
        {known && (
          <p>
            <button type="button" onClick={() => run(() => saveVersion(known, operation))}>
              Save as version {known.current.number + 1} of “{known.name}”
            </button>
          </p>
        )}
        <form class="form" onSubmit={submit}>
          <label for="save-name">Name</label>
          <input id="save-name" name="name" type="text" required maxLength={120} defaultValue={titleOf(tab)} />
          <label for="save-description">Description</label>
          <input id="save-description" name="description" type="text" />
          <label for="save-program">Program</label>
          <select id="save-program" name="program">
            {PROGRAMS.map((program) => (
              <option key={program} value={enumValueOf(program)}>
                {program}
              </option>
            ))}
          </select>
          <label for="save-roles">Share with roles</label>
          <input id="save-roles" name="roles" type="text" placeholder="analyst, coordinator; only you if empty" />
          <div class="buttons">
            <button type="submit" class="primary">
              Save as a new question
            </button>
            <button type="button" onClick={() => dialog.current!.close()}>
              Close
            </button>
          </div>
        </form>
        {error && (
          <p class="warn" role="alert">
            {error}
          </p>
        )}
        {saved && <p role="status">{saved}</p>}
      </dialog>
    </>
  );
}
