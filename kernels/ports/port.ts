// The port this kernel is built for. An image definition replaces this file's text by its own port.
export * from './native/port';
