import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { evenly, PAGE_BYTES, PageSampler, type SampledPages } from '../model/codecs/page-sampler.ts';
import { InputError } from '../trace/diagnostics.ts';

/**
 * At most so many 4 KiB pages of a file, evenly spaced; `-` is standard input. Of a file of any size only these
 * are read; a pipe is read to its end.
 * @throws {InputError} when it cannot be read, or is less than a page.
 */
export async function readPages(path: string, most: number): Promise<SampledPages> {
  const sampled = await pagesOf(path, most).catch((error: Error) => {
    throw new InputError(`${path}: cannot be read (${error.message})`);
  });
  if (sampled.pages.length === 0) throw new InputError(`${path}: less than one page of ${PAGE_BYTES} bytes`);
  return sampled;
}

async function pagesOf(path: string, most: number): Promise<SampledPages> {
  if (path === '-') return streamed(process.stdin, most);
  const { size } = await stat(path);
  // Pipes, devices and files of /proc have no size.
  if (size === 0) return streamed(createReadStream(path), most);
  const file = await open(path);
  try {
    return await spaced(file, Math.floor(size / PAGE_BYTES), most);
  } finally {
    await file.close();
  }
}

async function spaced(file: FileHandle, count: number, most: number): Promise<SampledPages> {
  const pages: Uint8Array[] = [];
  for (const page of evenly(count, most)) {
    const buffer = new Uint8Array(PAGE_BYTES);
    const { bytesRead } = await file.read(buffer, 0, PAGE_BYTES, page * PAGE_BYTES);
    // A file that became shorter meanwhile.
    if (bytesRead === PAGE_BYTES) pages.push(buffer);
  }
  return { pages, pagesInInput: count };
}

async function streamed(stream: AsyncIterable<unknown>, most: number): Promise<SampledPages> {
  const sampler = new PageSampler(most);
  for await (const chunk of stream) sampler.add(chunk as Uint8Array);
  return sampler.sample();
}
