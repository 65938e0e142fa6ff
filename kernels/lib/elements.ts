// Rows of numbers and of structures, one behind another: the types of `@elements(n)` fields, and of any address.

/** Numbers: `row[i]` is a load, `row[i] = v` a store. No index is checked. */
// @ts-ignore: decorator
@unmanaged
export class Elements<T> {
  [key: number]: T;

  // @ts-ignore: decorator
  @inline
  @operator('[]')
  private at(index: u32): T {
    return load<T>(changetype<usize>(this) + <usize>index * sizeof<T>());
  }

  // @ts-ignore: decorator
  @inline
  @operator('[]=')
  private put(index: u32, value: T): void {
    store<T>(changetype<usize>(this) + <usize>index * sizeof<T>(), value);
  }
}

/** Structures: `row[i]` is the address of one. */
// @ts-ignore: decorator
@unmanaged
export class Structs<T> {
  [key: number]: T;

  // @ts-ignore: decorator
  @inline
  @operator('[]')
  private at(index: u32): T {
    return changetype<T>(changetype<usize>(this) + <usize>index * offsetof<T>());
  }
}
