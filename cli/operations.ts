/** Operations by the names that people ask for, and where each is measured. */
export interface Operation {
  id: string;
  title: string;
  experiment: string;
  family: string;
  operation: string;
  size: number;
  batch: number;
}

function operation(id: string, title: string, place: string, size = 0): Operation {
  const [experiment, family, name] = place.split('/');
  return { id, title, experiment, family, operation: name, size, batch: 1 };
}

export const operations: readonly Operation[] = [
  operation('null-call', 'a program calls an empty service', 'null-call/null-call/null-call'),
  operation('ipc', 'wake the other party and pass one word', 'ipc/primitive/word'),
  operation('service', 'one program asks another, 64 bytes each way', 'ipc/service/ask', 64),
  operation('demand-zero', 'first write to a fresh page', 'page-fault/page-fault/demand-zero'),
  operation('write-protect', 'first write to a protected page', 'page-fault/page-fault/write-protect'),
  operation('packet', 'transmit one packet of 64 bytes', 'driver/transmit/transmit', 64),
];
