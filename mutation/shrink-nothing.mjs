import fc from 'fast-check';

// It does not matter which case kills the mutant, so do not shrink it.
fc.configureGlobal({ endOnFailure: true });
