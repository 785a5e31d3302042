import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const WORKERS = { json: 'json.worker.js', graphql: 'graphql.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(WORKERS[label] ?? 'editor.worker.js'),
};

// the test passes the URL of the graph and its headers in the fragment
const { url, headers } = JSON.parse(decodeURIComponent(location.hash.slice(1)));

createRoot(document.getElementById('graphiql')).render(
  createElement(GraphiQL, { fetcher: createGraphiQLFetcher({ url }), initialHeaders: headers }),
);
