namespace Sockeye.Fleet.Scenarios;

/// <summary>All scenarios, in the order of a run.</summary>
internal static class ScenarioList
{
    public static readonly IReadOnlyList<IScenario> All =
    [
        new BroadcastScenario(), new RoutingScenario(), new AddressedScenario(), new DeathScenario(), new HeldScenario(),
    ];
}
