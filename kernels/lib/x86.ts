// Instructions that AssemblyScript cannot express. Each function is an intrinsic: the toolchain expands a call in line
// to the instruction named (toolchain/backend/intrinsics.ts), and the optimiser treats it as opaque: it neither drops,
// merges nor moves it, nor keeps memory values across it. Addresses are linear addresses, in bytes.

// What a condition is expected to be: the code of the other case goes behind the function. The value is the condition's.
export declare function likely(condition: bool): bool;
export declare function unlikely(condition: bool): bool;

// Ports (IN, OUT). The port is 0..65535; the value is the low 8, 16 or 32 bits.
export declare function outb(port: u32, value: u32): void;
export declare function outw(port: u32, value: u32): void;
export declare function outl(port: u32, value: u32): void;
export declare function inb(port: u32): u32;
export declare function inw(port: u32): u32;
export declare function inl(port: u32): u32;

// Control registers (MOV to and from CRn), CLTS, INVLPG, WBINVD.
export declare function readCr0(): u32;
export declare function writeCr0(value: u32): void;
export declare function readCr2(): u32;
export declare function readCr3(): u32;
export declare function writeCr3(value: u32): void;
export declare function readCr4(): u32;
export declare function writeCr4(value: u32): void;
export declare function clts(): void;
export declare function invlpg(address: usize): void;
export declare function wbinvd(): void;

// Interrupt flag. stiHlt is STI followed at once by HLT: no interrupt is taken between the two. irqSave returns EFLAGS
// and clears IF; irqRestore loads EFLAGS.
export declare function cli(): void;
export declare function sti(): void;
export declare function hlt(): void;
export declare function stiHlt(): void;
export declare function flags(): u32;
export declare function irqSave(): u32;
export declare function irqRestore(flags: u32): void;
export declare function int3(): void;
export declare function pause(): void;

// RDTSC, CPUID (by result register), RDMSR, WRMSR. Behind CPUID on processors that may lack them.
export declare function rdtsc(): u64;
export declare function cpuidEax(leaf: u32): u32;
export declare function cpuidEbx(leaf: u32): u32;
export declare function cpuidEcx(leaf: u32): u32;
export declare function cpuidEdx(leaf: u32): u32;
export declare function rdmsr(register: u32): u64;
export declare function wrmsr(register: u32, value: u64): void;

// Descriptor tables: the argument of lgdt and lidt is the address of the six-byte pseudo-descriptor (limit, base).
export declare function lgdt(pointer: usize): void;
export declare function lidt(pointer: usize): void;
export declare function lldt(selector: u32): void;
export declare function ltr(selector: u32): void;

// Volatile accesses: exactly one load or store each, in program order, for devices and for memory that another party
// (an interrupt handler, a device, another domain) changes.
export declare function vload8(address: usize): u32;
export declare function vload16(address: usize): u32;
export declare function vload32(address: usize): u32;
export declare function vstore8(address: usize, value: u32): void;
export declare function vstore16(address: usize, value: u32): void;
export declare function vstore32(address: usize, value: u32): void;

// Locked forms. xchg32, lockCmpxchg32 and lockXadd32 return the value that memory held before.
export declare function xchg32(address: usize, value: u32): u32;
export declare function lockCmpxchg32(address: usize, expected: u32, value: u32): u32;
export declare function lockXadd32(address: usize, value: u32): u32;
export declare function lockOr32(address: usize, value: u32): void;
export declare function lockAnd32(address: usize, value: u32): void;
export declare function lockAdd32(address: usize, value: u32): void;

// Arithmetic: high half of the 64-bit product (MUL); quotient of high:low by divisor (DIV; #DE when high >= divisor).
export declare function umulh(a: u32, b: u32): u32;
export declare function udiv64(high: u32, low: u32, divisor: u32): u32;
export declare function bswap32(value: u32): u32;

// String instructions. The count is in elements: bytes for ...b, double words for ...d. The direction flag is clear.
export declare function repMovsb(to: usize, from: usize, count: u32): void;
export declare function repMovsd(to: usize, from: usize, count: u32): void;
export declare function repStosb(to: usize, value: u32, count: u32): void;
export declare function repStosd(to: usize, value: u32, count: u32): void;

// The stack: the value of ESP here, and the address of an area of `bytes` (a constant) in the frame of the function
// that calls it. The area is not cleared and dies with the function.
export declare function currentStack(): usize;
export declare function stackSlot(bytes: u32): usize;
