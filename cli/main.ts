#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { projectVersion } from '../experiments/runner/project.js';
import { bootCommand } from './boot.js';
import { claimsCommand } from './claims.js';
import { exitCodeOf, messageOf } from './errors.js';
import { explainCommand } from './explain.js';
import { listCommand } from './list.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';

function program(): Command {
  const root = new Command('crossings')
    .description('Virtual machine monitors and microkernels on one machine model: where every cycle goes.')
    .version(projectVersion)
    .addHelpText('after', '\nExit status: 0 ok, 1 a check failed, 2 usage, 3 a broken invariant, 130 interrupted.');
  const commands = [runCommand, claimsCommand, reportCommand, listCommand, explainCommand, bootCommand];
  for (const make of commands) root.addCommand(make());
  for (const command of [root, ...root.commands]) command.exitOverride();
  return root;
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`crossings: ${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
