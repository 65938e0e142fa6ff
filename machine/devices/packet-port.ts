/** Where frames go that a network card sends. The host supplies it: a file, a test's list, nothing. */
export interface PacketPort {
  /**
   * @param frame the frame's bytes without preamble and checksum; the receiver's to keep
   * @param cycle when its last bit left
   */
  transmit(frame: Uint8Array, cycle: bigint): void;
}

/** Keeps every frame with its time stamp. */
export class PacketLog implements PacketPort {
  readonly packets: { readonly frame: Uint8Array; readonly cycle: bigint }[] = [];

  transmit(frame: Uint8Array, cycle: bigint): void {
    this.packets.push({ frame, cycle });
  }
}
