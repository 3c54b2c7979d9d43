using Xunit.Sdk;
using Xunit.v3;

// Pages collect metrics, which are of the whole process: one would ask the simulated servers of other tests, on a wrong thread.
// And one test takes the whole thread pool.
[assembly: Parallelization(Mode = ParallelMode.None)]
