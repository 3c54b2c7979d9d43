namespace Sockeye.Admin.Tests.Support;

/// <summary>What takes the whole process for itself runs when no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
