// The saved operations, one file each: `# Who: what it does`, then `# fr: Qui : la même chose`.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useSession } from './session.js';
import { text } from './text.js';

const files = import.meta.glob('../examples/*.graphql', { query: '?raw', import: 'default', eager: true });

const title = (line) => {
  const [who, ...what] = line.split(/ ?: /);
  return { who, what: what.join(': ') };
};

export const examples = Object.values(files).map((source) => ({
  source,
  en: title(source.match(/^# (.*)$/m)[1]),
  fr: title((source.match(/^# fr: (.*)$/m) ?? source.match(/^# (.*)$/m))[1]),
}));

function Examples() {
  const { language } = useSession();
  const t = text(language);
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const groups = Map.groupBy(examples, (example) => example[language].who);

  const open = ({ source }) => {
    // What is being written stays in its tab; an empty one is used up.
    if (queryEditor.getValue().trim()) addTab();
    queryEditor.setValue(source);
  };

  return (
    <section className="examples" aria-label={t.examples}>
      <h2>{t.examples}</h2>
      <p>{t.examplesHint}</p>
      {[...groups].map(([who, group]) => (
        <div key={who}>
          <h3>{who}</h3>
          <ul>
            {group.map((example) => (
              <li key={example.source}>
                <button disabled={!queryEditor} onClick={() => open(example)}>
                  {example[language].what}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const Icon = () => (
  <svg
    viewBox="0 0 24 24"
    height="1em"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.6"
    strokeLinejoin="round"
  >
    <path d="M4 4h12l4 4v12H4zM8 10h8M8 14h8" />
  </svg>
);

export const EXAMPLES_PLUGIN = { title: 'Examples', icon: Icon, content: Examples };
