import { describe, expect, it } from '@jest/globals';
import { queueUrlOf, regionOf } from './queue-url.ts';

describe('the URL of a queue', () => {
  const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/123456789012/automation.fifo';
  it('has no trailing slash', () => {
    for (const text of [QUEUE, `${QUEUE}/`, `${QUEUE}//`]) expect(queueUrlOf(text)).toBe(QUEUE);
    expect(queueUrlOf('http://127.0.0.1:4566/000000000000/q')).toBe('http://127.0.0.1:4566/000000000000/q');
  });

  it.each([
    'automation',
    'sqs://q',
    'https://',
    'https://sqs.eu-central-1.amazonaws.com/',
    `${QUEUE}?x=1`,
    `${QUEUE}#x`,
  ])('is not %s', (text) => {
    expect(queueUrlOf(text)).toBeUndefined();
  });

  it('must not contain credentials', () => {
    expect(queueUrlOf('https://key:secret@sqs.eu-central-1.amazonaws.com/1/q')).toBeUndefined();
  });
});

describe('the region of a queue', () => {
  it.each([
    ['https://sqs.eu-central-1.amazonaws.com/1/q', 'eu-central-1'],
    ['https://sqs.us-gov-west-1.amazonaws.com/1/q', 'us-gov-west-1'],
    ['https://sqs.cn-north-1.amazonaws.com.cn/1/q', 'cn-north-1'],
    ['https://sqs-fips.us-east-1.amazonaws.com/1/q', 'us-east-1'],
    ['https://sqs.eu-west-1.api.aws/1/q', 'eu-west-1'],
    ['https://eu-west-2.queue.amazonaws.com/1/q', 'eu-west-2'],
    ['https://vpce-0a1b-2c.sqs.eu-west-1.vpce.amazonaws.com/1/q', 'eu-west-1'],
  ])('is that of %s', (url, region) => {
    expect(regionOf(url, {})).toBe(region);
    expect(regionOf(url, { AWS_REGION: 'us-east-2' })).toBe(region);
  });

  it('comes from the environment if the URL names none', () => {
    expect(regionOf('http://127.0.0.1:4566/0/q', { AWS_REGION: 'us-east-2' })).toBe('us-east-2');
    expect(regionOf('http://127.0.0.1:4566/0/q', { AWS_REGION: ' ' })).toBeUndefined();
    expect(regionOf('https://queue.amazonaws.com/0/q', {})).toBeUndefined();
  });
});
