#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { projectVersion } from '../experiments/runner/project.js';
import { exitCodeOf, messageOf, UsageError } from './errors.js';

/** Loaded one by one: charts and compiler take their time, which `boot` need not pay. */
const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run.js')).runCommand(),
  claims: async () => (await import('./claims.js')).claimsCommand(),
  report: async () => (await import('./report.js')).reportCommand(),
  list: async () => (await import('./list.js')).listCommand(),
  explain: async () => (await import('./explain.js')).explainCommand(),
  boot: async () => (await import('./boot.js')).bootCommand(),
  profile: async () => (await import('./profile.js')).profileCommand(),
  validate: async () => (await import('./validate.js')).validateCommand(),
  mkdisk: async () => (await import('./mkdisk.js')).mkdiskCommand(),
  shell: async () => (await import('./shell.js')).shellCommand(),
};

async function program(wanted: string | undefined): Promise<Command> {
  const root = new Command('crossings')
    .description('Virtual machine monitors and microkernels on one machine model: where every cycle goes.')
    .version(projectVersion)
    .addHelpText('after', '\nExit status: 0 ok, 1 a check failed, 2 usage, 3 a broken invariant, 130 interrupted.');
  const given = wanted !== undefined && !wanted.startsWith('-') && wanted !== 'help';
  if (given && !Object.hasOwn(commands, wanted)) {
    throw new UsageError(`unknown command "${wanted}"; allowed: ${Object.keys(commands).join(', ')}`);
  }
  const names = given ? [wanted] : Object.keys(commands);
  for (const name of names) root.addCommand(await commands[name]());
  for (const command of withChildren(root)) {
    command.exitOverride();
    command.configureOutput({ outputError: (text, write) => write(withAllowed(command, text)) });
  }
  return root;
}

/** The library's error, and what may stand where something is missing or unknown. */
function withAllowed(command: Command, error: string): string {
  const [, missing] = /missing required argument '([^']+)'|required option '([^']+)' not specified/.exec(error) ?? [];
  const wanted =
    command.registeredArguments.find((argument) => argument.name() === missing)?.description ??
    command.options.find(({ flags }) => error.includes(`option '${flags}' not specified`))?.description;
  const isUnknown = error.includes('unknown command') && command.commands.length > 0;
  const allowed = isUnknown ? command.commands.map((child) => child.name()).join(', ') : wanted;
  const text = error.replace(/^error: /, 'crossings: ').trimEnd();
  return allowed ? `${text}; expected: ${allowed}\n` : `${text}\n`;
}

function withChildren(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}

// A reader that has seen enough, as `head` has, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await (await program(process.argv[2])).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`crossings: ${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
