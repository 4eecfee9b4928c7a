import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** What each folder may import besides itself; ARCHITECTURE.md has the same table. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  trace: [],
  model: [],
  parsers: ['trace'],
  timeline: ['trace'],
  analysis: ['trace'],
  replay: ['trace', 'analysis', 'model'],
  export: ['trace', 'analysis'],
  report: ['analysis', 'replay', 'model'],
  cli: ['trace', 'parsers', 'timeline', 'analysis', 'replay', 'model', 'report', 'export'],
};

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
  );
  return [...found].map((m) => ({
    target: resolve(dirname(path), (m[2] ?? m[3])!),
    typeOnly: m[1] !== undefined,
  }));
}

describe('imports go one way', () => {
  const files = sourceFiles(SRC);

  it('sees the source', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(importsOf(join(SRC, 'cli/analyze.ts')).length).toBeGreaterThan(5);
  });

  for (const path of files) {
    const room = relative(SRC, path).split('/')[0]!;
    it(relative(SRC, path), () => {
      for (const { target } of importsOf(path)) {
        const to = relative(SRC, target).split('/')[0]!;
        if (to !== room) expect(MAY_IMPORT[room], `${room} imports ${to}`).toContain(to);
      }
    });
  }

  it('reports take nothing but result types from the analysis', () => {
    for (const path of files.filter((file) => file.startsWith(join(SRC, 'report')))) {
      for (const { target, typeOnly } of importsOf(path)) {
        if (!target.startsWith(join(SRC, 'analysis'))) continue;
        expect(relative(SRC, target)).toMatch(/^analysis\/(?:compare\/)?result\.ts$/);
        expect(typeOnly).toBe(true);
      }
    }
  });

  it('exports take nothing but types from the analysis', () => {
    for (const path of files.filter((file) => file.startsWith(join(SRC, 'export')))) {
      for (const { target, typeOnly } of importsOf(path)) {
        if (target.startsWith(join(SRC, 'analysis'))) expect(typeOnly, path).toBe(true);
      }
    }
  });

  it('parsers and analysis know no console and no process', () => {
    for (const path of files.filter((file) =>
      /\/src\/(?:parsers|analysis|export|trace|model)\//.test(file),
    )) {
      // Standard input is opened where files are opened.
      if (path.endsWith('parsers/source.ts')) continue;
      expect(readFileSync(path, 'utf8'), path).not.toMatch(/\bconsole\.\w+\(|\bprocess\.\w/);
    }
  });
});
