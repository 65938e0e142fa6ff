// What an image is: everything that determines its bytes. Each kernel or set of programs describes its images in
// `<folder>/stubs/image.ts`; the driver builds every definition that such a file exports, alone or in an array.
import type { Stubs } from './assembler/assembler.js';

export interface ImageDefinition {
  /** The file's name and the note's: lower-case letters, digits, hyphens. */
  readonly name: string;
  /** A kernel gets a multiboot header; a program is a plain executable. */
  readonly kind: 'kernel' | 'program';
  /** The AssemblyScript file to start from, relative to the project. Its exports are symbols of the image. */
  readonly entry: string;
  /** Contents for files of the project, by path: how a port is chosen. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Linear address of the first section, a multiple of 4096. */
  readonly base: number;
  /** Where a kernel's first section is loaded, as a physical address; the base itself by default. */
  readonly load?: number;
  /** Symbol of the first instruction. */
  readonly start: string;
  readonly stubs: readonly Stubs[];
  /** Address space set aside for text and rodata, in bytes: static data lie at base + textSpace. 256 KiB by default. */
  readonly textSpace?: number;
  /** A page of this image that programs see at another address: its hooks are listed at both. */
  readonly sharedPage?: { readonly symbol: string; readonly at: number };
  /** Kernels: symbols of the current-thread word, of the component table and of its length. */
  readonly currentThread?: string;
  readonly components?: string;
  readonly componentCount?: string;
}

export const PAGE = 4096;
const TEXT_SPACE = 256 * 1024;

/** A definition that cannot be right, with the field and what it may be. */
export class ImageDefinitionError extends Error {
  override name = 'ImageDefinitionError';
}

export function defineImage(d: ImageDefinition): ImageDefinition {
  const check = (holds: boolean, field: string, expected: string) => {
    if (!holds) throw new ImageDefinitionError(`image '${d.name}': ${field} must be ${expected}`);
  };
  const isAddress = (v: number) => Number.isInteger(v) && v >= 0 && v < 2 ** 32 && v % PAGE === 0;
  check(/^[a-z0-9-]+$/.test(d.name), 'name', 'lower-case letters, digits and hyphens');
  check(isAddress(d.base), 'base', `a multiple of ${PAGE} below 2^32`);
  check(isAddress(loadOf(d)), 'load', `a multiple of ${PAGE} below 2^32`);
  check(isAddress(textSpaceOf(d)) && textSpaceOf(d) > 0, 'textSpace', `a positive multiple of ${PAGE}`);
  check(d.sharedPage === undefined || isAddress(d.sharedPage.at), 'sharedPage.at', `a multiple of ${PAGE} below 2^32`);
  return d;
}

export const loadOf = (d: ImageDefinition): number => d.load ?? d.base;
export const textSpaceOf = (d: ImageDefinition): number => d.textSpace ?? TEXT_SPACE;
/** Where AssemblyScript puts the static data of the image. */
export const staticDataOf = (d: ImageDefinition): number => d.base + textSpaceOf(d);
