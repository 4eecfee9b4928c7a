/** The parts of lz4js that are used; the package has no types of its own. */
declare module 'lz4js' {
  interface Lz4 {
    /** Most bytes that so many can become. */
    compressBound(bytes: number): number;
    /** Compresses into `target`; bytes written, 0 when the block is not compressible. */
    compressBlock(
      source: Uint8Array,
      target: Uint8Array,
      offset: number,
      length: number,
      table: Uint32Array,
    ): number;
  }
  const lz4: Lz4;
  export default lz4;
}
