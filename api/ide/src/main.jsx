import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { Bar } from './bar.jsx';
import { EXAMPLES_PLUGIN, examples } from './examples.jsx';
import { fetcher } from './fetcher.js';

const plugins = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];

createRoot(document.getElementById('root')).render(
  <>
    <Bar />
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      visiblePlugin={EXAMPLES_PLUGIN}
      defaultQuery={examples[0]?.source}
      // Headers may hold a token, which must not stay behind on this machine.
      shouldPersistHeaders={false}
      inputValueDeprecation
      schemaDescription
    >
      {/* The bar has the name of the place; GraphiQL's link leads away from it. */}
      <GraphiQL.Logo> </GraphiQL.Logo>
    </GraphiQL>
  </>,
);
