// Arguments `key=value` as one text, for the readers that kernels and programs share (kernels/lib/text.ts).
const SIZE: u32 = 1024;
const whole: usize = memory.data(1024, 4);

/** The words parted by blanks. */
export function argumentsText(count: u32, words: usize): usize {
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const word = load<usize>(words + (i << 2));
    if (i) store<u8>(whole + length++, 0x20);
    for (let n: u32 = 0; load<u8>(word + n) && length < SIZE - 2; n++) store<u8>(whole + length++, load<u8>(word + n));
  }
  store<u8>(whole + length, 0);
  return whole;
}
