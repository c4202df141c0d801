// GraphQL Code Generator's types for every operation compile strictly and leave nothing untyped.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { isScalarType, isSpecifiedScalarType, parse } from 'graphql';
import { corpus } from './corpus.js';
import { examplesFolder, operationsFolder, readSchema, readSdl, run, temporaryFolder } from './settings.js';

const read = (folder) =>
  readdirSync(folder).map((file) => ({
    location: join(folder, file),
    text: readFileSync(join(folder, file), 'utf8'),
  }));

// Relay's directives are not in the schema, and its compiler takes them out before it sends anything.
const RELAY = /@(connection|refetchable)\([^)]*\)/g;

const schema = readSchema();
const written = [...read(operationsFolder), ...read(examplesFolder)];
const derived = corpus(schema)
  .filter((text) => !text.includes('@argumentDefinitions'))
  .map((text, index) => ({ location: `corpus ${index}`, text: text.replace(RELAY, '') }));

test('the generated types are strict and have no any', async (t) => {
  const scalars = Object.values(schema.getTypeMap())
    .filter(isScalarType)
    .filter((type) => !isSpecifiedScalarType(type));
  const generate = (name, plugin) =>
    codegen({
      filename: `${name}.ts`,
      schema: parse(readSdl()),
      documents: [...written, ...derived].map(({ location, text }) => ({ location, document: parse(text) })),
      config: {
        strictScalars: true,
        // All of ours travel as strings.
        scalars: Object.fromEntries(scalars.map(({ name }) => [name, 'string'])),
      },
      plugins: [{ [name]: {} }],
      pluginMap: { [name]: plugin },
    });

  const folder = temporaryFolder(t);
  for (const [name, plugin] of Object.entries({ typescript, operations })) {
    const output = await generate(name, plugin);
    writeFileSync(join(folder, `${name}.ts`), output);
    const code = output.replace(/\/\*[\s\S]*?\*\//g, '');
    assert.deepEqual(code.match(/^.*\bany\b.*$/gm) ?? [], []);
  }
  run(folder, 'tsc', '--strict', '--noEmit', '--target', 'es2022', 'typescript.ts', 'operations.ts');
});
