// The table by which an observer of the machine learns who can be running. It costs the kernel a record at each birth
// and death, nothing else. Exported symbols: `componentCount`, and `components`, a word that holds the table's address.
// A removed record has word 0 and is used again.
import { __component_created, __component_gone } from './hooks';
import { characterOf, copyName } from './text';

export const KIND_KERNEL: u32 = 0;
export const KIND_PROGRAM: u32 = 1;
export const KIND_SERVER: u32 = 2;
export const KIND_DOMAIN: u32 = 3;
export const KIND_IDLE: u32 = 4;

const MAX_COMPONENTS: u32 = 80;

@unmanaged
export class Component {
  /** The value of the current-thread word while it runs. */
  word: u32;
  /** Threads of one space share this number. */
  component: u32;
  kind: u32;
  /** 1 + index of the multiboot module with its image, or 0. */
  image: u32;
  // name: 16 bytes, zeros behind it, follows
  name: u8;
}

const RECORD: u32 = 32;

export let componentCount: u32 = 0;
export let components: usize = memory.data(80 * 32, 32);

function freeRecord(): Component {
  for (let i: u32 = 0; i < componentCount; i++) {
    const record = changetype<Component>(components + i * RECORD);
    if (!record.word) return record;
  }
  if (componentCount == MAX_COMPONENTS) unreachable();
  return changetype<Component>(components + componentCount++ * RECORD);
}

function fill(record: Component, word: u32, component: u32, kind: u32, image: u32): void {
  record.component = component;
  record.kind = kind;
  record.image = image;
  record.word = word;
  __component_created();
}

/** Announces a component by the name at the start of `text` (see copyName). */
export function componentCreate(word: u32, component: u32, kind: u32, image: u32, text: usize): void {
  const record = freeRecord();
  copyName(changetype<usize>(record) + offsetof<Component>('name'), text, 16);
  fill(record, word, component, kind, image);
}

/** Announces a component by a literal of at most 15 characters. */
export function componentCreateNamed(word: u32, component: u32, kind: u32, image: u32, name: string): void {
  const record = freeRecord();
  const at = changetype<usize>(record) + offsetof<Component>('name');
  for (let i: u32 = 0; i < 16; i++) store<u8>(at + i, i < <u32>name.length ? characterOf(name, i) : 0);
  fill(record, word, component, kind, image);
}

/** The component with this word runs another image from now on. */
export function componentRename(word: u32, image: u32, text: usize): void {
  for (let i: u32 = 0; i < componentCount; i++) {
    const record = changetype<Component>(components + i * RECORD);
    if (record.word != word) continue;
    copyName(changetype<usize>(record) + offsetof<Component>('name'), text, 16);
    record.image = image;
    __component_created();
    return;
  }
}

/** The thread with this word is gone. */
export function componentRemove(word: u32): void {
  for (let i: u32 = 0; i < componentCount; i++) {
    const record = changetype<Component>(components + i * RECORD);
    if (record.word == word) {
      record.word = 0;
      __component_gone();
      return;
    }
  }
}
