using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Browser.Tests.Support;

/// <summary>tshark, which captures the segments of a port on the loopback interface.</summary>
internal sealed class SegmentCapture : IAsyncDisposable
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly int _port;
    private readonly List<string> _lines = [];

    private SegmentCapture(Process process, int port) => (_process, _port) = (process, port);

    /// <summary>Starts it. It captures when the task completes.</summary>
    public static async Task<SegmentCapture> StartAsync(IPEndPoint server)
    {
        Programs.SkipUnlessThere("tshark", "tshark");
        var capture = new SegmentCapture(Process.Start(new ProcessStartInfo("tshark",
        [
            "-l", "-n", "-i", "lo", "-f", $"({Filter("src")}) or ({Filter("dst")})", "-T", "fields", "-E", "separator=/s",
            "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.flags", "-e", "tcp.seq", "-e", "tcp.ack", "-e", "tcp.len",
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!, server.Port);
        _ = capture._process.StandardError.ReadToEndAsync(CancellationToken.None);
        _ = capture.ReadAsync();
        using var timeout = new CancellationTokenSource(WaitLimit, TimeProvider.System);
        while (capture.IsEmpty)
        {
            // It captures from some time after its start on: a connection that it sees says that it does.
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await probe.ConnectAsync(server, timeout.Token);
            probe.Close(timeout: 0);
            timeout.Token.ThrowIfCancellationRequested();
        }

        return capture;

        string Filter(string end) => $"{end} host {server.Address} and tcp {end} port {server.Port}";
    }

    private bool IsEmpty
    {
        get
        {
            lock (_lines)
                return _lines.Count == 0;
        }
    }

    /// <summary>The segments of a client's port, as the page describes them: side, flags, length, sequence,
    /// acknowledged.</summary>
    public IReadOnlyList<string> Get(int client)
    {
        lock (_lines)
        {
            return [.. _lines.Select(line => line.Split(' ')).Where(fields => fields.Length == 6)
                .Where(fields => fields[0] == $"{client}" || fields[1] == $"{client}")
                .Select(fields => Describe(fields[0] == $"{_port}" ? "server" : "client", fields))];
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static string Describe(string side, string[] fields)
    {
        var flags = int.Parse(fields[2][2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        (int Bit, string Name)[] names = [(2, "SYN"), (1, "FIN"), (4, "RST"), (8, "PSH"), (16, "ACK")];
        var text = string.Join(", ", names.Where(name => (flags & name.Bit) != 0).Select(name => name.Name));
        return $"{side} {text} {fields[5]} B seq {fields[3]}" + ((flags & 16) != 0 ? $" ack {fields[4]}" : "");
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_lines)
                _lines.Add(line);
        }
    }
}
