using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed partial class TraceTests
{
    [Fact]
    public async Task Trace_has_each_socket_function_of_both_sides_with_both_addresses()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--trace");
        var client = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--trace"], "hello"u8.ToArray());
        Assert.Equal(0, await server.StopAsync());

        Assert.Equal("hello", client.Text);
        Assert.Equal(["socket", "connect", "send", "shutdown", "recv", "close"], FunctionsOf(client.Errors), UnorderedComparer);
        Assert.Equal(
            ["socket", "bind", "listen", "accept", "recv", "send", "shutdown", "close"],
            FunctionsOf(server.SeenErrors),
            UnorderedComparer);

        var connect = Line().Match(client.Errors.Single(line => line.Contains("  connect  ", StringComparison.Ordinal)));
        var accept = Line().Match(server.SeenErrors.Single(line => line.Contains("  accept  ", StringComparison.Ordinal)));
        Assert.Equal(connect.Groups["local"].Value, accept.Groups["remote"].Value);
        Assert.Equal(connect.Groups["remote"].Value, accept.Groups["local"].Value);
        Assert.Equal(server.EndPoints[0], accept.Groups["local"].Value);
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal("ESTABLISHED", connect.Groups["state"].Value);
            Assert.Contains("SYN, SYN/ACK, ACK in ", connect.Value, StringComparison.Ordinal);
            Assert.Contains(server.SeenErrors, line => Regex.IsMatch(line, "  listen .* LISTEN .* accept queue 0 of [0-9]+$"));
        }
    }

    [Fact]
    public async Task Reset_is_seen_in_the_trace()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--trace");
        var client = await Peer.ConnectAsync(server.EndPoint);
        await server.WaitForErrorAsync("  accept ");

        client.Reset();

        Assert.Contains("  recv ", await server.WaitForErrorAsync("RST from the peer"), StringComparison.Ordinal);
    }

    /// <summary>The order of the two directions depends on the network.</summary>
    private static IEqualityComparer<IEnumerable<string>> UnorderedComparer { get; } =
        EqualityComparer<IEnumerable<string>>.Create(
            (a, b) => a!.ToHashSet().SetEquals(b!), names => names.Count());

    private static IEnumerable<string> FunctionsOf(IEnumerable<string> lines) =>
        lines.Select(line => Line().Match(line)).Where(match => match.Success).Select(match => match.Groups["function"].Value);

    [GeneratedRegex(
        @"^ *\d+\.\d{3} ms  (?<function>[a-z]+) +socket \d+(?: +(?<local>\S*:\S*)(?: -> (?<remote>\S+))?)?"
        + @"(?: +\d+ bytes)?(?: +(?<state>[A-Z][A-Z0-9-]+))?.*$")]
    private static partial Regex Line();
}
