using System.Diagnostics;
using System.Globalization;
using Sockeye.Comparison.CommandLine;
using Sockeye.Comparison.Contestants;
using Sockeye.Upgrade.Nodes;

namespace Sockeye.Upgrade.Running;

/// <summary>This program again, as a server.</summary>
internal sealed class NodeProcess : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly TimeProvider _time;

    private NodeProcess(Process process, TimeProvider time) => (_process, _time) = (process, time);

    /// <summary>The ports, as another node takes them.</summary>
    public string Ports { get; private set; } = "";

    /// <summary>The pauses of the connections that came over, in microseconds.</summary>
    public IReadOnlyList<long> Pauses { get; private set; } = [];

    /// <summary>The time of the takeover in microseconds; 0 for the first node.</summary>
    public long Duration { get; private set; }

    /// <summary>Starts a server, and waits until it listens.</summary>
    public static async Task<NodeProcess> StartAsync(
        string engine, string ports, string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var command = Programs.Self("node", engine, ports, path);
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["DOTNET_TieredPGO"] = "0" },
        };
        start.Environment.Remove("SOCKEYE_ENGINE");
        start.Environment.Remove("NOTIFY_SOCKET");
        var node = new NodeProcess(Process.Start(start)!, time);
        try
        {
            node.Pauses = [.. (await node.ReadAsync(NodeCommand.Pauses, cancellationToken))
                .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
            var line = await node.ReadLineAsync(cancellationToken);
            if (TryGet(line, NodeCommand.Duration) is { } duration)
            {
                node.Duration = Parse(duration);
                line = await node.ReadLineAsync(cancellationToken);
            }

            node.Ports = TryGet(line, NodeCommand.Listening) ?? throw Unexpected(line, NodeCommand.Listening);
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Returns the number of connections of the server.</summary>
    public async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(ReadOnlyMemory<char>.Empty, cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return (int)Parse(await ReadAsync(NodeCommand.Connections, cancellationToken));
    }

    /// <summary>Waits until it has ended, because another one has taken over.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Timeout, _time, cancellationToken);
        if (_process.ExitCode != 0)
            throw new RunException($"An old process ended with exit code {_process.ExitCode}.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task<string> ReadAsync(string kind, CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(cancellationToken);
        return TryGet(line, kind) ?? throw Unexpected(line, kind);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Timeout, _time, cancellationToken)
            ?? throw new RunException("A server has ended before it served; its last words are above.");

    private static string? TryGet(string line, string kind) =>
        line.StartsWith(kind + " ", StringComparison.Ordinal) ? line[(kind.Length + 1)..] : null;

    private static RunException Unexpected(string line, string expected) =>
        new($"A server printed \"{line}\" instead of \"{expected}\".");

    private static long Parse(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
