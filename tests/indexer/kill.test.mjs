import { join } from 'node:path';
import { test } from 'node:test';
import { killCampaign } from '../support/kill_campaign.mjs';
import { missing, renderDrives, temporaryFolder } from '../support/program.mjs';

test(
  'a killed build goes on where it was and ends with the same bytes',
  { skip: missing },
  async () => {
    const work = temporaryFolder();
    const source = join(work, 'drives');
    const { length } = renderDrives(source, { seed: 3, count: 64, drives: 4 });
    await killCampaign({ source, work, imageCount: length, kills: 3, seed: 20260105 });
  },
);
