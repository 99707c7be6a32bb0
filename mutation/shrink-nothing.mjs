import fc from 'fast-check';

// Which case shows the mutant is not asked.
fc.configureGlobal({ endOnFailure: true });
