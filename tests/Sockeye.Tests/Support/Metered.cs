namespace Sockeye.Tests.Support;

/// <summary>
/// Who listens to a meter hears all of the process, and costs all of it: such tests run when no others do.
/// </summary>
[CollectionDefinition(nameof(Metered), DisableParallelization = true)]
public sealed class Metered;
