/* Why jobs are done at all, in words. Apart from the others, which pages need that have no room for it. */
import type { Job } from '$lib/api/client';

/** Why it is done at all, for its page. */
export const PURPOSE: Record<Job['spec']['kind'], string> = {
  ingest: 'Puts the build together from what was uploaded, and holds every file against the signed manifest.',
  patch: 'Makes what friends fetch to get from one build to the other.',
  archive: 'Packs the build for friends who can only reach the server by HTTPS.',
  jump: 'Makes a patch from a folder that matches no build, because a friend asked for it.',
  thin: 'Frees room: builds that patches lead to need not be kept whole.',
  delete: 'Removes what nobody needs any more from the store.',
  gather: 'Makes the files of the build anew out of what friends and other seeds have, because the store lost them.',
  sample: 'Fetches random pieces from friends, to see that they could give the build back.',
  steam: 'Takes over what Steam says, but for what was edited by hand. The server does it itself.',
  prune: 'Takes builds out of the catalogue that are not to be kept; jobs of their own delete the files. The server does it itself.',
  tell: 'Sends what you chose to be told of. The messages of a day are one job, which begins anew with each. The server does it itself.'
};
