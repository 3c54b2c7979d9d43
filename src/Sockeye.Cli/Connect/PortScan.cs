using System.CommandLine;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary><c>-z</c>: connects to each port and closes the connection, without sending anything.</summary>
/// <param name="connect">Connects to an endpoint of the command line.</param>
/// <param name="isVerbose">Whether to report each port.</param>
/// <param name="errors">The output of the report.</param>
internal sealed class PortScan(Func<EndPointText, Task<ConnectionContext>> connect, bool isVerbose, ErrorLines errors)
{
    public static Option<bool> Zero { get; } = OptionFactory.CreateSwitch(
        "-z", "Only connect, to see whether the server accepts. The port may be a list: 20-25,80,https.", "--zero");

    public static Option<bool> Verbose { get; } = OptionFactory.CreateSwitch(
        "-v", "With -z: print on standard error what happened at each port.", "--verbose");

    // As many as descriptors of a process allow at least on every system, and as few as an accept queue holds.
    private const int MaxConcurrentConnects = 64;

    // The start of the library's sentence, which says the same as "closed".
    private const string Failure = "Could not connect to ";

    /// <summary>Returns 0 if at least one port accepts.</summary>
    public async Task<int> RunAsync(IReadOnlyList<EndPointText> endpoints)
    {
        using var slots = new SemaphoreSlim(MaxConcurrentConnects);
        var tries = endpoints.Select(async endpoint =>
        {
            await slots.WaitAsync();
            try
            {
                return await TryAsync(endpoint);
            }
            finally
            {
                slots.Release();
            }
        }).ToList();
        var openCount = 0;
        foreach (var one in tries)
        {
            // In the order of the ports.
            var (isOpen, line) = await one;
            openCount += isOpen ? 1 : 0;
            if (isVerbose)
                errors.WriteLine(line);
        }

        if (openCount == 0 && !isVerbose)
            errors.WriteFailure($"none of {QuantityText.FormatCount(endpoints.Count, "port")} is open (-v says why).");
        return openCount > 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    public static string Describe(ConnectionContext connection, TimeSpan time) =>
        $"open: {EndPointName.Format(connection.RemoteEndPoint)} in {QuantityText.FormatTime(time)}";

    private async Task<(bool IsOpen, string Line)> TryAsync(EndPointText endpoint)
    {
        var start = TimeProvider.System.GetTimestamp();
        try
        {
            await using var connection = await connect(endpoint);
            return (true, Describe(connection, TimeProvider.System.GetElapsedTime(start)));
        }
        catch (Exception e) when (e is ConnectException or TlsException or ProxyException)
        {
            var why = OptionNames.Describe(e);
            return (false, "closed: " + (why.StartsWith(Failure, StringComparison.Ordinal) ? why[Failure.Length..] : why));
        }
    }
}
