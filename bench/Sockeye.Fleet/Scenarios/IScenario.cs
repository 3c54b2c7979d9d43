using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Scenarios;

/// <summary>One question, measured and answered by a table.</summary>
internal interface IScenario
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>What it measures, for the help.</summary>
    string Description { get; }

    Task RunAsync(FleetRun run, CancellationToken cancellationToken);
}
