using System.Globalization;
using System.Security.Cryptography;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Netcat;

/// <summary>
/// Much data both ways through every mode that passes bytes: from files and pipes, to files, pipes and slow readers. The variable
/// SOCKEYE_BULK_MIB sets the size; its default is 64.
/// </summary>
public sealed class BulkTests : IAsyncLifetime
{
    private static readonly int MiB = int.Parse(
        Environment.GetEnvironmentVariable("SOCKEYE_BULK_MIB") is { Length: > 0 } size ? size : "64",
        CultureInfo.InvariantCulture);

    private static readonly TimeSpan Timeout = ToolProcess.DefaultTimeout * Math.Max(1, MiB / 64);

    private readonly NetcatRun _run = new();
    private string _hash = "";

    public static MatrixTheoryData<string, string> Modes { get; } = new(
        ["--echo", "--echo --cert cert.pem --key key.pem", "--exec cat", "--sh-exec cat", "--to 7001", "--to 7001 --to-tls"],
        [
            "sockeye connect SERVER < data | sha256sum", "cat data | sockeye connect SERVER | sha256sum",
            "sockeye connect SERVER < data > out && sha256sum < out",
            "sockeye connect SERVER < data | dd bs=512 status=none | sha256sum",
        ]);

    public async ValueTask InitializeAsync()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(Path.Combine(_run.Folder, "data"));
        var block = new byte[1024 * 1024];
        var random = new Random(11);
        for (var i = 0; i < MiB; i++)
        {
            random.NextBytes(block);
            sha.AppendData(block);
            await file.WriteAsync(block, TestContext.Current.CancellationToken);
        }

        _hash = Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Data_goes_both_ways_unchanged(string mode, string command)
    {
        var server = "127.0.0.1 7000";
        if (mode.Contains("--cert", StringComparison.Ordinal))
            server = "localhost 7000 -4 --tls --ca ca.pem";
        if (mode.Contains("7001", StringComparison.Ordinal))
        {
            var isTls = mode.EndsWith("tls", StringComparison.Ordinal);
            var tls = isTls ? " --cert cert.pem --key key.pem" : "";
            await _run.ListenAsync($"sockeye listen 127.0.0.1 7001 --echo{tls}", 7001);
            mode = mode.Replace("7001", isTls ? "localhost:7001 --to-ca ca.pem" : "127.0.0.1:7001", StringComparison.Ordinal);
        }

        await _run.ListenAsync($"sockeye listen 127.0.0.1 7000 {mode}");

        var result = await _run.Start("set -o pipefail; " + command.Replace("SERVER", server, StringComparison.Ordinal))
            .EndAsync(Timeout);

        Assert.Equal($"0: {_hash}  -\n", result);
    }

    [Fact]
    public async Task Standard_streams_of_both_ends_are_exchanged()
    {
        var server = await _run.ListenAsync("set -o pipefail; cat data | sockeye listen 127.0.0.1 7000 --once | sha256sum");

        var client = await _run
            .Start("set -o pipefail; sockeye connect 127.0.0.1 7000 < data | dd bs=512 status=none | sha256sum")
            .EndAsync(Timeout);

        Assert.Equal($"0: {_hash}  -\n", client);
        Assert.Equal($"0: {_hash}  -\n", await server.EndAsync(Timeout));
    }

    [Fact]
    public async Task Broker_waits_for_a_slow_member()
    {
        await _run.ListenAsync("sockeye listen 127.0.0.1 7000 --broker");
        using var member = await _run.ConnectAsync();
        using (var first = await _run.ConnectAsync())
        {
            // What is sent before the member is in does not reach it.
            do
                await first.SendAsync(".");
            while (!member.Socket.Poll(TimeSpan.FromMilliseconds(20), System.Net.Sockets.SelectMode.SelectRead));
            await first.SendAsync("\n");
            await member.ReadLineAsync();
        }

        var sender = _run.Start("sockeye connect 127.0.0.1 7000 --send-only < data");
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[4096];
        for (var left = (long)MiB << 20; left > 0;)
        {
            using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
            var read = await member.Socket.ReceiveAsync(buffer, timeout.Token);
            Assert.NotEqual(0, read);
            sha.AppendData(buffer, 0, read);
            left -= read;
        }

        Assert.Equal(_hash, Convert.ToHexStringLower(sha.GetHashAndReset()));
        Assert.Equal("0: ", await sender.EndAsync(Timeout));
    }
}
