/**
 * The functions that execute instructions: one list, by chapter file of machine/core and by the way they end.
 *
 * Names are the manual's letters after decoding: R register, M memory, I immediate, G the register operand of a
 * memory form; b, w, d = 8, 16, 32 bits. The position in the list is the handler's number in a decoded entry.
 */

/**
 * How the run loop goes on after a handler:
 * - plain: `f(entry): void`, cannot fault; next entry.
 * - fallible: `f(entry): bool`; true: next entry; false: nothing was changed, faultVector is set.
 * - branch: `f(entry): bool`; true: EIP is set and the run is over; false as above.
 * - complex: `f(entry): void`, called after the run was retired, with EIP at this instruction; it moves EIP itself.
 */
export type HandlerKind = 'plain' | 'fallible' | 'branch' | 'complex';

export interface HandlerGroup {
  /** File in machine/core, without `.ts`. */
  readonly file: string;
  readonly kind: HandlerKind;
  readonly names: readonly string[];
}

export const aluNames = ['ADD', 'OR', 'ADC', 'SBB', 'AND', 'SUB', 'XOR', 'CMP'] as const;

/** Those whose functions are in arithmetic.ts, and in logic.ts. */
const arithmeticNames = ['ADD', 'ADC', 'SBB', 'SUB', 'CMP'];
const logicNames = ['OR', 'AND', 'XOR'];

export const conditionNames = 'O NO B NB Z NZ BE NBE S NS P NP L NL LE NLE'.split(' ');

const words = (text: string): string[] => text.trim().split(/\s+/);
const each = (stems: readonly string[], suffixes: string): string[] =>
  stems.flatMap((stem) => words(suffixes).map((suffix) => `${stem}_${suffix}`));

export const handlerGroups: readonly HandlerGroup[] = [
  { file: 'pseudo', kind: 'branch', names: ['END'] },
  { file: 'pseudo', kind: 'plain', names: ['EA16', 'HOOK', 'LOCK'] },
  {
    file: 'data-transfer',
    kind: 'plain',
    names: words(`NOP MOV_RbRb MOV_RwRw MOV_RdRd MOV_RbIb MOV_RwIw MOV_RdId LEA_Gw LEA_Gd
      MOVZX_GdRb MOVZX_GdRw MOVSX_GdRb MOVSX_GdRw MOVZX_GwRb MOVSX_GwRb XCHG_RbRb XCHG_RwRw XCHG_RdRd BSWAP_Rd
      CMOV_GwRw CMOV_GdRd CBW CWDE CWD CDQ`),
  },
  {
    file: 'data-transfer',
    kind: 'fallible',
    names: words(`MOV_GbMb MOV_GwMw MOV_GdMd MOV_MbGb MOV_MwGw MOV_MdGd MOV_MbIb MOV_MwIw MOV_MdId
      MOVZX_GdMb MOVZX_GdMw MOVSX_GdMb MOVSX_GdMw MOVZX_GwMb MOVSX_GwMb XCHG_MbGb XCHG_MwGw XCHG_MdGd
      CMOV_GwMw CMOV_GdMd XLAT`),
  },
  {
    file: 'stack',
    kind: 'fallible',
    names: words(`PUSH_Rd PUSH_Id PUSH_Md POP_Rd POP_Md PUSH_Rw PUSH_Iw PUSH_Mw POP_Rw POP_Mw PUSHA PUSHAD POPA POPAD
      ENTER LEAVE LEAVE_w PUSH_S`),
  },
  {
    file: 'arithmetic',
    kind: 'plain',
    names: [...each(arithmeticNames, 'RdRd RdId'), ...words('INC_Rd DEC_Rd NEG_Rd')],
  },
  { file: 'arithmetic', kind: 'fallible', names: [...each(arithmeticNames, 'GdMd MdGd MdId'), 'UNARY_Md'] },
  { file: 'logic', kind: 'plain', names: [...each([...logicNames, 'TEST'], 'RdRd RdId'), 'NOT_Rd'] },
  { file: 'logic', kind: 'fallible', names: [...each(logicNames, 'GdMd MdGd MdId'), ...words('TEST_MdGd TEST_MdId')] },
  {
    file: 'arithmetic-narrow',
    kind: 'plain',
    names: words('ALU_RbRb ALU_RbIb ALU_RwRw ALU_RwIw UNARY_Rb UNARY_Rw'),
  },
  {
    file: 'arithmetic-narrow',
    kind: 'fallible',
    names: words('ALU_GbMb ALU_MbGb ALU_MbIb ALU_GwMw ALU_MwGw ALU_MwIw UNARY_Mb UNARY_Mw'),
  },
  {
    file: 'multiply',
    kind: 'fallible',
    names: words(`MULDIV_Rb MULDIV_Rw MULDIV_Rd MULDIV_Mb MULDIV_Mw MULDIV_Md IMUL_GwMw IMUL_GdMd IMUL_GwMwIw
      IMUL_GdMdId AAM`),
  },
  { file: 'multiply', kind: 'plain', names: words('IMUL_GwRw IMUL_GdRd IMUL_GwRwIw IMUL_GdRdId AAD') },
  { file: 'decimal', kind: 'plain', names: words('DAA DAS AAA AAS') },
  {
    file: 'shift',
    kind: 'plain',
    names: words(`SHL_RdIb SHR_RdIb SAR_RdIb SHIFT_Rb SHIFT_Rw SHIFT_Rd SHIFTD_Rw SHIFTD_Rd`),
  },
  { file: 'shift', kind: 'fallible', names: words('SHIFT_Mb SHIFT_Mw SHIFT_Md SHIFTD_Mw SHIFTD_Md') },
  {
    file: 'bit',
    kind: 'plain',
    names: words(`BT_RwGw BT_RdGd BT_RwIb BT_RdIb BSF_GwRw BSF_GdRd BSR_GwRw BSR_GdRd SETCC_Rb CMPXCHG_RbGb CMPXCHG_RwGw
      CMPXCHG_RdGd XADD_RbGb XADD_RwGw XADD_RdGd`),
  },
  {
    file: 'bit',
    kind: 'fallible',
    names: words(`BT_MwGw BT_MdGd BT_MwIb BT_MdIb BSF_GwMw BSF_GdMd BSR_GwMw BSR_GdMd SETCC_Mb CMPXCHG_MbGb
      CMPXCHG_MwGw CMPXCHG_MdGd XADD_MbGb XADD_MwGw XADD_MdGd CMPXCHG8B_M BOUND_Gw BOUND_Gd`),
  },
  { file: 'flag-control', kind: 'plain', names: words('LAHF SAHF CLC STC CMC CLD STD SALC') },
  { file: 'flag-control', kind: 'complex', names: words('PUSHF POPF CLI STI') },
  {
    file: 'control-transfer',
    kind: 'branch',
    names: [
      ...conditionNames.map((condition) => `J${condition}`),
      ...words('JMP_J JMP_R JMP_M CALL_J CALL_R CALL_M RET RET_Iw LOOPNE LOOPE LOOP JCXZ'),
    ],
  },
  { file: 'string', kind: 'complex', names: words('MOVS STOS LODS SCAS CMPS INS OUTS') },
  { file: 'port', kind: 'complex', names: words('IN_Ib OUT_Ib IN_DX OUT_DX') },
  { file: 'trap', kind: 'complex', names: words('INT1 INT3 INT_Ib INTO UD') },
  { file: 'return', kind: 'complex', names: ['IRET'] },
  { file: 'far-transfer', kind: 'complex', names: words('CALL_Ap JMP_Ap CALL_Mp JMP_Mp RETF RETF_Iw') },
  { file: 'fast-call', kind: 'complex', names: words('SYSENTER SYSEXIT SYSCALL SYSRET') },
  {
    file: 'floating-point',
    kind: 'complex',
    names: words(`FPU WAIT FNOP FNENI FNINIT FNCLEX FLDCW FNSTCW FNSTSW FNSTSW_AX FLDENV FNSTENV FRSTOR FNSAVE
      FXSAVE FXRSTOR LDMXCSR STMXCSR`),
  },
  {
    file: 'segment-load',
    kind: 'complex',
    names: words('MOV_SR MOV_SM POP_S LES LDS LSS LFS LGS'),
  },
  { file: 'segment-load', kind: 'fallible', names: words('MOV_RS MOV_MS') },
  {
    file: 'descriptor-table',
    kind: 'complex',
    names: words('LGDT LIDT SGDT SIDT SLDT STR LLDT LTR VERR VERW LAR LSL ARPL'),
  },
  {
    file: 'system',
    kind: 'complex',
    names: words('MOV_RC MOV_CR CLTS LMSW SMSW INVLPG INVD WBINVD HLT'),
  },
  { file: 'debug', kind: 'complex', names: words('MOV_RD MOV_DR') },
  { file: 'model-specific', kind: 'complex', names: words('RDTSC RDMSR WRMSR RDPMC CPUID') },
];

export const handlers: readonly string[] = handlerGroups.flatMap((group) => group.names);
