// How the schema is linted: every rule of graphql-eslint, less what the API decided otherwise.
import { dirname } from 'node:path';
import graphql from '@graphql-eslint/eslint-plugin';
import { readSdl, schemaFile } from './settings.js';

const { rules: recommended } = graphql.configs['flat/schema-recommended'];
const { rules: all } = graphql.configs['flat/schema-all'];
const { rules: relay } = graphql.configs['flat/schema-relay'];

// Values inside an object have no life of their own, hence no id: whatever is no Node.
const VALUES = [...readSdl().matchAll(/^type (\w+)(?! implements Node)(?= [{@])/gm)].map(([, name]) => name);

export default [
  {
    files: ['**/*.graphql'],
    basePath: dirname(schemaFile),
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: readSdl() } },
    },
    rules: {
      ...recommended,
      ...all,
      ...relay,
      '@graphql-eslint/description-style': ['error', { style: 'block' }],
      '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
        },
      ],
      '@graphql-eslint/strict-id-in-types': [
        'error',
        { exceptions: { types: VALUES } },
      ],
      // A connection also lists its nodes without their edges.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // Fields stand in the order they are read in.
      '@graphql-eslint/alphabetize': 'off',
      // There are mutations and subscriptions.
      '@graphql-eslint/no-root-type': 'off',
      // It asks for an argument that `@deprecated` does not have; schema.test.js reads the date in the reason.
      '@graphql-eslint/require-deprecation-date': 'off',
    },
  },
];
