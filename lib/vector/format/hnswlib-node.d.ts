// The package is optional (it is compiled at installation), and types must check without it.
declare module "hnswlib-node" {
  interface HierarchicalNSW {
    initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void;
    addPoint(point: number[], label: number): void;
    writeIndexSync(filename: string): void;
    readIndex(filename: string): Promise<boolean>;
    searchKnn(query: number[], count: number): { distances: number[]; neighbors: number[] };
    getCurrentCount(): number;
    setEf(ef: number): void;
  }
  const hnswlib: { HierarchicalNSW: new (space: "cosine", dimension: number) => HierarchicalNSW };
  // biome-ignore lint/style/noDefaultExport: this is how Node presents the package's CommonJS exports.
  export default hnswlib;
}
