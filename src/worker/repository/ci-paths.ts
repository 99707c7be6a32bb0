/**
 * Files that tell the CI systems people use what to run. A branch that changes one can run with the repository's secrets before anybody
 * has read it. Git matches them, letter case aside, as some file systems do; a folder's name stands for all below it, and for a link in
 * its place.
 */
const ANYWHERE: readonly string[] = ['Jenkinsfile*'];
const AT_THE_TOP: readonly string[] = [
  '.github/workflows',
  '.github/actions',
  '.gitlab-ci*',
  '.gitlab/ci',
  '.circleci',
  '.buildkite',
  'azure-pipelines*',
  '.azure-pipelines',
  '.azuredevops',
  'bitbucket-pipelines*',
  '.travis.y*ml',
  '.drone.*',
  '.woodpecker*',
  '.forgejo/workflows',
  '.forgejo/actions',
  '.gitea/workflows',
  '.gitea/actions',
  'appveyor.y*ml',
  '.appveyor*',
  '.cirrus.*',
  '.semaphore',
  '.teamcity',
  '.tekton',
  '.harness',
  '.builds',
  '.build.y*ml',
  'bamboo-specs',
  'buildspec*.y*ml',
  'cloudbuild*',
  'codemagic.y*ml',
  'wercker.y*ml',
  'screwdriver.y*ml',
];
/** A file or link here would stand for the folder above. */
const PARENTS: readonly string[] = ['.github', '.gitlab', '.forgejo', '.gitea'];

/** As arguments of git that name paths. */
export const CI_PATHSPECS: readonly string[] = [
  ...AT_THE_TOP.flatMap((path) => [`:(top,icase,glob)${path}`, `:(top,icase,glob)${path}/**`]),
  ...ANYWHERE.map((path) => `:(top,icase,glob)**/${path}`),
  ...PARENTS.map((path) => `:(top,icase,glob)${path}`),
];
