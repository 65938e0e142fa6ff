import { join } from 'node:path';
import { Command } from 'commander';
import { writeReports } from '../reports/write.js';

export function reportCommand(): Command {
  return new Command('report')
    .description('make CSV, charts and report again from a result folder')
    .argument('<dir>', 'a folder that "crossings run" wrote')
    .action((dir: string) => {
      for (const path of writeReports(dir)) console.log(join(dir, path));
    });
}
