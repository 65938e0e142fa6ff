// All small utilities in one program, which does what the name says that it was started by (links in /bin).
import { complainOf } from './lib/output';
import { lastPart, textIs } from './lib/text';
import { cat, cp, head, mv, rm, touch, wc } from './utilities/files';
import { grep, sort } from './utilities/filters';
import { ln, ls, mkdir, pwd, rmdir } from './utilities/folders';
import { counts, date, df, echo, env, kill, sleep, sync, uname } from './utilities/system';
import { unexpected } from './utilities/words';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

export function main(count: u32, words: usize): i32 {
  const name = lastPart(load<u32>(words));
  if (textIs(name, 'true')) return 0;
  if (textIs(name, 'false')) return 1;
  if (textIs(name, 'echo')) return echo(count, words);
  if (textIs(name, 'pwd')) return unexpected('pwd', count) ? 1 : pwd();
  if (textIs(name, 'date')) return unexpected('date', count) ? 1 : date();
  if (textIs(name, 'sync')) return unexpected('sync', count) ? 1 : sync();
  if (textIs(name, 'env')) return unexpected('env', count) ? 1 : env();
  if (textIs(name, 'counts')) return unexpected('counts', count) ? 1 : counts();
  if (textIs(name, 'ls')) return ls(count, words);
  if (textIs(name, 'cat')) return cat(count, words);
  if (textIs(name, 'cp')) return cp(count, words);
  if (textIs(name, 'mv')) return mv(count, words);
  if (textIs(name, 'rm')) return rm(count, words);
  if (textIs(name, 'ln')) return ln(count, words);
  if (textIs(name, 'mkdir')) return mkdir(count, words);
  if (textIs(name, 'rmdir')) return rmdir(count, words);
  if (textIs(name, 'touch')) return touch(count, words);
  if (textIs(name, 'wc')) return wc(count, words);
  if (textIs(name, 'head')) return head(count, words);
  if (textIs(name, 'grep')) return grep(count, words);
  if (textIs(name, 'sort')) return sort(count, words);
  if (textIs(name, 'kill')) return kill(count, words);
  if (textIs(name, 'sleep')) return sleep(count, words);
  if (textIs(name, 'uname')) return uname(count, words);
  if (textIs(name, 'df')) return df(count, words);
  complainOf('utilities', 'to be started by the name of one of them');
  return 127;
}
