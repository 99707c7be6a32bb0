/**
 * Files that tell common CI systems what to run. A branch that changes one can run with the repository's secrets before anybody has
 * reviewed it. Git matches them ignoring case, as some file systems do. A folder's name covers everything below it, and a link in its
 * place.
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
/** A file or link with one of these names would replace a folder listed above. */
const PARENTS: readonly string[] = ['.github', '.gitlab', '.forgejo', '.gitea'];

/** The same files as git pathspecs. */
export const CI_PATHSPECS: readonly string[] = [
  ...AT_THE_TOP.flatMap((path) => [`:(top,icase,glob)${path}`, `:(top,icase,glob)${path}/**`]),
  ...ANYWHERE.map((path) => `:(top,icase,glob)**/${path}`),
  ...PARENTS.map((path) => `:(top,icase,glob)${path}`),
];
