namespace Sockeye.Takeover.Tests.Support;

/// <summary>A server that takes over the sockets of another one, and gives its own to the next.</summary>
internal static class TakeoverNode
{
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Sockeye.Takeover.Node.dll");

    /// <param name="engine">The engine: "sockets", "epoll" or "uring".</param>
    /// <param name="ports">The ports for bytes and for messages, separated by a comma; 0 for free ones.</param>
    /// <param name="path">The path of the takeover.</param>
    /// <param name="deadly">The step at which it kills itself; null for none.</param>
    public static ServerProcess Start(string engine, string ports, string path, TakeoverStep? deadly = null) =>
        ServerProcess.Start("dotnet", [Program, engine, ports, path, .. deadly is { } step ? [$"{step}"] : (string[])[]]);
}
