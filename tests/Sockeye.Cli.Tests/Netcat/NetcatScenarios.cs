namespace Sockeye.Cli.Tests.Netcat;

/// <summary>What each task of docs/netcat.md is, seen from the peer: the expected observation, and how to make it.</summary>
public static class NetcatScenarios
{
    private static readonly Dictionary<string, (string Expected, Func<NetcatRun, string, Task<string>> Run)> All =
        new(ClientScenarios.All.Concat(ServerScenarios.All));

    public static IEnumerable<string> Tasks => All.Keys;

    public static (string Expected, Func<NetcatRun, string, Task<string>> Run) Get(string task) => All[task];
}
