/** What is used of WebAssembly; the types of the standard library have it with the browser's only. */
interface Api {
  readonly Memory: new (limits: { initial: number; maximum?: number }) => HotMemoryBytes;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** A WebAssembly memory; growing it detaches its buffer. */
export interface HotMemoryBytes {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export const { Memory, Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Api })
  .WebAssembly;
