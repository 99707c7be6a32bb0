/** The body of every POST. */
export const SUBMISSION = JSON.stringify({
  type: 'feature',
  title: 'Add rate limiting to public endpoints',
  description:
    'Limit every public endpoint to 100 requests a minute for each IP address, with a clear answer when it is exceeded.\n' +
    'Count in memory for now, and make the limit a setting.',
  priority: 'high',
});
