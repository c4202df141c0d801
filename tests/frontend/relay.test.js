// The Relay compiler takes our own operations and the whole corpus.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parse, print } from 'graphql';
import { corpus } from './corpus.js';
import { operationsFolder, readSchema, run, schemaFile, temporaryFolder } from './settings.js';

test('the Relay compiler takes every operation', (t) => {
  const folder = temporaryFolder(t);
  const source = join(folder, 'source');
  const artifacts = join(folder, 'artifacts');
  mkdirSync(source);
  mkdirSync(artifacts);
  copyFileSync(schemaFile, join(folder, 'schema.graphql'));

  // Relay reads tagged templates, one definition each, named after their file.
  const write = (name, definitions) =>
    writeFileSync(join(source, `${name}.js`), definitions.map((text) => `graphql\`${text}\`;\n`).join('\n'));
  const documents = corpus(readSchema());
  write('corpus', documents);
  for (const file of readdirSync(operationsFolder)) {
    const { definitions } = parse(readFileSync(join(operationsFolder, file), 'utf8'));
    write(basename(file, '.graphql'), definitions.map(print));
  }

  const config = {
    src: 'source',
    schema: 'schema.graphql',
    artifactDirectory: 'artifacts',
    language: 'typescript',
  };
  writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(config));
  run(folder, 'relay-compiler');
  assert.ok(readdirSync(artifacts).length > documents.length);
});
