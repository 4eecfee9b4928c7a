import { createHash } from 'node:crypto';
import type { Exhibit } from '../exhibits.ts';
import { escapeHtml, type Html } from './escape.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** The value of a Content-Security-Policy that allows exactly this text. */
export function cspHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

/** A report as one file, and its charts and tables one by one. */
export interface Page {
  readonly text: string;
  readonly exhibits: readonly Exhibit[];
}

/** The whole file: one style, one script, both allowed by their hash, and nothing else loaded. */
export function renderPage(title: string, generator: string, body: Html): Page {
  const policy = [
    "default-src 'none'",
    `style-src ${cspHash(STYLE)}`,
    `script-src ${cspHash(SCRIPT)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const lines = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<meta name="generator" content="${escapeHtml(generator)}">`,
    `<title>${escapeHtml(title)}</title>`,
    '<link rel="icon" href="data:,">',
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    body.text,
    `<script>${SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ];
  return { text: lines.join('\n'), exhibits: body.exhibits };
}
