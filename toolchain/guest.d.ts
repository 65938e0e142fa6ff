// What the transforms of toolchain/driver understand (structs, functions, asserts, noinline), for editors and the
// type check of guest code.

/** A field: the structure itself lies here, not a pointer to it. */
declare function embedded(target: object, field: string): void;
/** A field of type Elements<number> or Structs<class>: so many lie here. */
declare function elements(count: number): (target: object, field: string) => void;
/** A field: each access is one access of memory, in the order of the source. */
declare function volatile(target: object, field: string): void;
/** A field: the build fails unless it lies at this offset, in bytes. */
declare function offset(bytes: number): (target: object, field: string) => void;
/** A class: the build fails unless it is so large, in bytes. */
declare function size(bytes: number): <C>(target: C) => void;
/** A class whose fields are bits of one number, as drawn. */
declare function bits(drawing: string): <C>(target: C) => void;
/** A class with bits: an object of it is the number itself, not memory that holds it. Its fields are read. */
declare function word<C>(target: C): void;
/**
 * A static table of functions: `const TABLE = functions<F>(f, g)`, then `TABLE[n](...)`. Each takes as many of F's
 * arguments as it has, as words. Nothing checks the index.
 */
declare function functions<F extends (...args: never[]) => unknown>(
  ...entries: ((...args: never[]) => ReturnType<F>)[]
): { readonly [index: number]: F; readonly length: u32 };
/** A statement of a file: the build fails with the text unless the condition, of constants, holds. */
declare function staticAssert(condition: bool, text: string): void;
/** A statement of a file: these functions of the file are called wherever they are used, and never copied there. */
declare function noinline(...functions: ((...args: never[]) => unknown)[]): void;
