/** Normalises the URL of an SQS queue: removes trailing slashes, which would hide a `.fifo` suffix. Undefined if it is not a queue URL. */
export function queueUrlOf(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/]/.test(text) || !URL.canParse(text)) return undefined;
  const { username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return undefined;
  const url = text.replace(/\/+$/, '');
  // The path holds account and queue name, so a bare host is not a queue.
  return new URL(url).pathname === '/' ? undefined : url;
}

export const QUEUE_URL_FORM =
  'the URL of an SQS queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/automation';

const HOSTS = [
  /^sqs(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\./,
  /^([a-z]{2}(?:-[a-z]+)+-\d+)\.queue\./,
  /^[a-z0-9-]+\.sqs\.([a-z]{2}(?:-[a-z]+)+-\d+)\.vpce\./,
];

/**
 * The AWS region to sign calls to a queue for. The region in the URL wins over `AWS_REGION`, because a queue exists in one region only.
 * Undefined if neither names one; the SDK then looks in its own sources.
 */
export function regionOf(
  queueUrl: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { hostname } = new URL(queueUrl);
  const named = HOSTS.map((host) => host.exec(hostname)?.[1]).find((region) => region !== undefined);
  const said = environment.AWS_REGION?.trim() ?? '';
  return named ?? (said === '' ? undefined : said);
}
