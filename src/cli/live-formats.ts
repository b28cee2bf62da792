/** What records are written as while they come. */
export const liveFormats = ['jsonl', 'list'] as const;
export type LiveFormat = (typeof liveFormats)[number];
