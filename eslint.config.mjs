import { defineConfig } from 'eslint/config';
import { configs } from 'typescript-eslint';

/** The arrows between layers are held by dependencies.config.mjs; here stands what concerns single files. */
const onlyEditorImportsVscode = { name: 'vscode', message: "Only src/editor imports 'vscode'." };

export default defineConfig(
  {
    ignores: [
      'dist/',
      'examples/',
      '**/node_modules/',
      'cluster/',
      '.vscode-test/',
      '.venv/',
      '.cache/',
      'test/vscode/host/',
      'models/',
    ],
  },
  configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file itself.' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Indexing is checked by the compiler (noUncheckedIndexedAccess); loops over typed arrays then need the assertion.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    ignores: ['src/editor/**', 'src/extension.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [onlyEditorImportsVscode] }] },
  },
  {
    files: ['src/analysis/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [onlyEditorImportsVscode],
          patterns: [
            {
              group: ['node:*', 'fs', 'path', 'os'],
              message: 'analysis is pure: no file system, no process.',
            },
          ],
        },
      ],
    },
  },
  // Configuration and script files: outside the TypeScript project, and some must have a default export.
  {
    files: ['**/*.mjs', '**/*.js', '**/*.config.ts'],
    extends: [configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
);
