/** What a design in a file of its own may import, as `trace-replay/designs`. */
export type { KernelModel, LockDeclaration, QueueDeclaration, Step } from '../steps.ts';
export { type Design, DesignError, type DesignOption, type Safety } from './design.ts';
export { isPoolLock, rewriteSteps, withPath } from './rewrite.ts';
