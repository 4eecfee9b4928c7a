import type { StoreWhatIfResult } from '../replay/stores/result.ts';

export async function renderStoreWhatIfHtml(result: StoreWhatIfResult): Promise<string> {
  return String(result.schemaVersion);
}
