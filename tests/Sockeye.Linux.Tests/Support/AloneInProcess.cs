namespace Sockeye.Linux.Tests.Support;

/// <summary>Tests that count or change what the whole process has.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneInProcess
{
    public const string Name = "Alone";
}
