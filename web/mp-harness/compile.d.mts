export const MINIPROGRAM: string
/** Every file of the mini-program: its path from the top, and its text. */
export function readAll(): Promise<Record<string, string>>
/** The mini-program as one module for a browser. */
export function compile(): Promise<string>
