/** What the tracer adds to recorded durations, ns. */
export interface OverheadCost {
  /** Added within the duration of each traced call. */
  readonly insideNs: number;
  /** Added to the caller for each traced call, outside that call's duration. */
  readonly outsideNs: number;
}
