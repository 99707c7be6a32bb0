export function needNewNode(entry: string): Promise<void>;
export function bundledNode(entry: string): { readonly name: string; readonly program: string | undefined };
