/** The URL of an SQS queue, without slashes at its end, which would hide that a queue is FIFO; undefined for what is none. */
export function queueUrlOf(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/]/.test(text) || !URL.canParse(text)) return undefined;
  const { username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return undefined;
  const url = text.replace(/\/+$/, '');
  // A queue is in an account: the host alone is none.
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
 * The region in which to sign calls to a queue: where its URL names one, that, whatever the environment says, since a queue is in one
 * region; else `AWS_REGION`. Undefined: by the SDK's own means, which may know of none.
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
