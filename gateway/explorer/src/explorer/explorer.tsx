import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { config } from '../graph/config';
import { type AnnotatedSchema, loadSchema } from '../graph/schema';
import { caller } from '../graph/session';
import { Frame } from '../ui/frame';
import { singleKeys, toggleSingleKeys } from '../ui/single-keys';
import { AnswerView } from './answer/answer';
import { Editor } from './editor';
import { addShortcuts } from './keys';
import { openLinked, QuestionList } from './question-list';
import { IDLE, runCurrent, runs } from './run';
import { SaveQuestion } from './save-question';
import { SchemaTree } from './schema-tree';
import { changeTab, closeTab, currentTab, newTab, tabs, titleOf } from './tabs';
import { Variables } from './variables';

/** The analyst's page. */
export function Explorer() {
  const [annotated, setAnnotated] = useState<AnnotatedSchema>();
  const [schemaError, setSchemaError] = useState<string>();
  const [linkError, setLinkError] = useState<string>();
  const who = caller.value;
  useEffect(() => {
    let isCurrent = true;
    setSchemaError(undefined);
    loadSchema().then(
      (schema) => isCurrent && setAnnotated(schema),
      (error: Error) => {
        if (!isCurrent) return;
        setAnnotated(undefined);
        setSchemaError(error.message);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [who]);
  // before the page is seen: who sees it may press a key
  useLayoutEffect(() => addShortcuts(), []);
  useEffect(() => {
    openLinked().catch((error: Error) => setLinkError(error.message));
  }, []);
  const tab = currentTab();
  const run = runs.value.get(tab.id) ?? IDLE;
  return (
    <Frame current="/explorer" skipTo={SKIP_TO}>
      <main class="explorer-page" id="content">
        <div class="toolbar">
          <h1 class="visually-hidden">Explorer</h1>
          {linkError && (
            <p class="warn" role="alert">
              {linkError}
            </p>
          )}
          <OpenTabs />
          {config.callers && (
            <a class="button" href="/graphql">
              Apollo Sandbox
            </a>
          )}
          <button
            type="button"
            aria-pressed={singleKeys.value}
            title="Single keys: / finds a field; 1, 2, and 3 choose table, chart, and JSON; g d and g e go to the dashboard and the explorer"
            onClick={toggleSingleKeys}
          >
            Single keys {singleKeys.value ? 'on' : 'off'}
          </button>
          <SaveQuestion />
          {run.state === 'running' && (
            <button type="button" onClick={run.stop}>
              Stop
            </button>
          )}
          <button type="button" class="primary" id="run" onClick={() => runCurrent()}>
            Run <kbd>Ctrl ↵</kbd>
          </button>
        </div>
        <div class="explorer">
          <div class="side">
            <QuestionList />
            <SchemaTree annotated={annotated} error={schemaError} />
          </div>
          <div class="asking">
            <section class="operation" id="operation" tabIndex={-1} aria-labelledby="operation-title">
              <header>
                <h2 id="operation-title">Operation</h2>
                <span class="muted small">Esc, then Tab leaves the editor</span>
              </header>
              <Editor
                key={tab.id}
                label="Operation"
                language="graphql"
                text={tab.text}
                schema={annotated?.schema}
                onChange={(text) => changeTab({ text })}
                onRun={runCurrent}
              />
            </section>
            <Variables key={tab.id} schema={annotated?.schema} onRun={runCurrent} />
          </div>
          <AnswerView run={run} schema={annotated?.schema} />
        </div>
      </main>
    </Frame>
  );
}

/** The schema between the questions and the editor has hundreds of fields to tab through. */
const SKIP_TO = { operation: 'operation', run: 'Run', answer: 'answer' };

function OpenTabs() {
  const { open, current } = tabs.value;
  return (
    <ul class="tabs" aria-label="Open operations">
      {open.map((tab) => (
        <li key={tab.id} aria-current={tab.id === current ? 'true' : undefined}>
          <button
            type="button"
            onClick={() => {
              tabs.value = { open, current: tab.id };
            }}
          >
            {titleOf(tab)}
          </button>
          {open.length > 1 && (
            <button type="button" aria-label={`Close ${titleOf(tab)}`} onClick={() => closeTab(tab.id)}>
              ×
            </button>
          )}
        </li>
      ))}
      <li>
        <button type="button" aria-label="New operation" onClick={newTab}>
          +
        </button>
      </li>
    </ul>
  );
}
