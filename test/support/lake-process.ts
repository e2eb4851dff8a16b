/** Runs several programs of a fleet in this one process: what each of them loads is loaded once. */
for (const program of process.argv.slice(2)) void import(program);
