// The operations of `operations/*.graphql` by their names.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'graphql';
import { operationsFolder } from './settings.js';

const definitions = readdirSync(operationsFolder)
  .map((file) => parse(readFileSync(join(operationsFolder, file), 'utf8')))
  .flatMap((document) => document.definitions);

export const operations = Object.fromEntries(
  definitions.map((definition) => [definition.name.value, { kind: 'Document', definitions: [definition] }]),
);
