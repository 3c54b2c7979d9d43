using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Sockeye.Admin;

/// <summary>The identity of the server and its process, which does not change while it runs.</summary>
internal sealed record ServerIdentity(string Name, string Engine, string? EngineReason)
{
    private static readonly Assembly? Program = Assembly.GetEntryAssembly();

    public static string ProgramName => Program?.GetName().Name ?? "server";

    /// <summary>The version of the program, or of Sockeye if the program has none.</summary>
    public static string Version { get; } = GetVersion(Program ?? typeof(SockeyeServer).Assembly);

    public static string SockeyeVersion { get; } = GetVersion(typeof(SockeyeServer).Assembly);

    public static string Runtime => RuntimeInformation.FrameworkDescription;

    public static string Host => Environment.MachineName;

    public static DateTimeOffset ProcessStart { get; } = ReadProcessStart();

    public static ServerIdentity Create(SockeyeServer server, string? name) => server.Transport is INamedTransport transport
        ? new(name ?? ProgramName, transport.Name, transport.Reason)
        : new(name ?? ProgramName, server.Transport.GetType().Name, null);

    /// <summary>Returns the version without the commit that the compiler adds after a plus sign.</summary>
    private static string GetVersion(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString() ?? "unknown";

    private static DateTimeOffset ReadProcessStart()
    {
        using var process = Process.GetCurrentProcess();
        return new(process.StartTime.ToUniversalTime());
    }
}
