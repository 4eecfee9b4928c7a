/** A file's name without folders, which the command of a report has: the method has to fit two lines. */
export function baseName(path: string): string {
  return path.replace(/^.*\/(?=[^/])/, '');
}
