// A prettier plugin for JSON with comments, small because the JSON parser is on the page anyway.
import { applyEdits, format } from 'jsonc-parser';

export const parsers = {
  jsonc: {
    astFormat: 'jsonc',
    parse: (text) => ({ text }),
    locStart: () => 0,
    locEnd: (node) => node.text.length,
  },
};

export const printers = {
  jsonc: {
    print: ({ node: { text } }) =>
      applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 })),
  },
};
