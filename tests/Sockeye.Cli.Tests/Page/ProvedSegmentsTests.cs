using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli.Tests.Page;

/// <summary>The segments that calls prove are those of the connection, in the order in which they were sent.</summary>
public sealed class ProvedSegmentsTests
{
    private const int Port = 40000;

    private static readonly IPEndPoint Server = new(IPAddress.Loopback, 7000);
    private static readonly IPEndPoint Client = new(IPAddress.Loopback, Port);

    private readonly List<string> _segments = [];
    private readonly ProvedSegments _proved;
    private double _now;

    public ProvedSegmentsTests() => _proved = new(
        () => _now++,
        segment =>
        {
            Assert.Equal(_segments.Count, segment.Time);
            Assert.Equal(Port, segment.Port);
            _segments.Add($"{(segment.IsFromClient ? "client" : "server")} {segment.Flags} {segment.Length}: {segment.Proof}");
        });

    private IEnumerable<string> WithoutProof => _segments.Select(segment => segment.Split(':')[0]);

    /// <summary>A call is reported after it has returned, so the peer's report of what it caused may come first.</summary>
    [Fact]
    public void Segments_have_the_order_of_the_connection_in_each_order_of_the_reports()
    {
        Step[] client =
        [
            new("c connect"), new("c send 5"), new("c recv 5", After: "s recv 3"), new("c shutdown"),
            new("c recv 0", After: "s recv 0"), new("c close"),
        ];
        Step[] server =
        [
            new("s accept"), new("s recv 2", After: "c connect"), new("s recv 3"), new("s send 5"),
            new("s recv 0", After: "c recv 5"), new("s shutdown"), new("s close"),
        ];
        var orders = Merge(client, server, []).ToList();
        Assert.True(orders.Count > 100, $"{orders.Count} orders");

        foreach (var order in orders)
        {
            _segments.Clear();
            (_now, var proved) = (0, new ProvedSegments(() => _now++, segment => _segments.Add(
                $"{(segment.IsFromClient ? 'c' : 's')} {segment.Flags} {segment.Length}")));
            foreach (var step in order)
                Report(proved, step.Text);

            var flow = string.Join("; ", _segments);
            Assert.Equal(
                "c SYN 0; s SYN, ACK 0; c ACK 0; c PSH, ACK 5; s PSH, ACK 5; c FIN, ACK 0; s FIN, ACK 0",
                flow.Replace("c PSH, ACK 2; c PSH, ACK 3", "c PSH, ACK 5", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Segments_name_the_call_that_returned_first()
    {
        Report(_proved, "s accept", "c connect", "s recv 2", "c send 5", "s recv 3", "s recv 0", "c shutdown", "s shutdown");

        Assert.Equal(
            [
                "client SYN 0: accept() returned", "server SYN, ACK 0: accept() returned", "client ACK 0: accept() returned",
                "client PSH, ACK 2: recv()", "client PSH, ACK 3: send()", "client FIN, ACK 0: recv() returned 0",
                "server FIN, ACK 0: shutdown()",
            ],
            _segments);
    }

    [Fact]
    public void Reset_is_one_segment_though_both_ends_report_it()
    {
        Report(_proved, "c connect", "s accept", "c close reset", "s recv reset");

        Assert.Equal("client RST, ACK 0: close() with SO_LINGER 0", _segments[^1]);
        Assert.Equal(4, _segments.Count);
    }

    [Fact]
    public void Reset_that_the_peer_reports_first_is_of_the_other_end()
    {
        Report(_proved, "c connect", "s accept", "s recv reset", "c close reset");

        Assert.Equal("client RST, ACK 0: ECONNRESET", _segments[^1]);
        Assert.Equal(4, _segments.Count);
    }

    [Fact]
    public void State_of_a_client_that_waits_proves_its_SYN_once()
    {
        _proved.OnState(new(Client, Server, "SYN-SENT"), Server);
        _proved.OnState(new(Client, Server, "SYN-SENT"), Server);
        Report(_proved, "c connect");
        _proved.OnState(new(Client, Server, "SYN-SENT"), Server); // Read before connect() returned.
        _proved.OnState(new(Client, new(IPAddress.Loopback, 7001), "SYN-SENT"), Server);
        _proved.OnState(new(Server, Client, "SYN-RECEIVED"), Server);

        Assert.Equal(
            ["client SYN 0: SYN-SENT", "server SYN, ACK 0: connect() returned", "client ACK 0: connect() returned"], _segments);
    }

    [Theory]
    [InlineData("c connect|s accept")]
    [InlineData("s accept|c connect")]
    [InlineData("state|s accept|c connect")]
    [InlineData("s accept")] // The client is another program.
    public void Port_that_is_used_again_has_a_connection_with_each_segment_again(string start)
    {
        for (var i = 1; i <= 2; i++)
        {
            foreach (var step in start.Split('|'))
            {
                if (step == "state")
                    _proved.OnState(new(Client, Server, "SYN-SENT"), Server);
                else
                    Report(_proved, step);
            }

            Report(_proved, "s recv 5", "s recv reset", "c close reset");
            Assert.Equal(5 * i, _segments.Count);
        }

        Assert.Equal(WithoutProof.Take(5), WithoutProof.Skip(5));
    }

    [Fact]
    public void Connect_that_fails_leaves_the_port_to_the_next_client()
    {
        _proved.OnState(new(Client, Server, "SYN-SENT"), Server);
        Report(_proved, "c connect refused", "c connect");

        Assert.Equal(["client SYN 0", "client SYN 0", "server SYN, ACK 0", "client ACK 0"], WithoutProof);
    }

    /// <summary>Returns each order of two sequences in which no step comes before the one that it must follow.</summary>
    private static IEnumerable<IEnumerable<Step>> Merge(Step[] first, Step[] second, Step[] done)
    {
        if (first.Length + second.Length == 0)
            yield return done;
        foreach (var (next, rest, other) in new[] { (first, first.Skip(1), second), (second, second.Skip(1), first) })
        {
            if (next.Length == 0 || (next[0].After is { } cause && done.All(step => step.Text != cause)))
                continue;
            foreach (var order in Merge([.. rest], other, [.. done, next[0]]))
                yield return order;
        }
    }

    /// <summary>Reports calls, such as "c send 5": of the client, of 5 bytes.</summary>
    private static void Report(ProvedSegments proved, params string[] calls)
    {
        foreach (var call in calls)
        {
            var parts = call.Split(' ');
            var isClient = parts[0] == "c";
            var result = parts.ElementAtOrDefault(2);
            proved.OnStep(isClient ? PageSide.Client : PageSide.Server, new()
            {
                Function = parts[1] switch
                {
                    "connect" => SocketFunction.Connect,
                    "accept" => SocketFunction.Accept,
                    "send" => SocketFunction.Send,
                    "recv" => SocketFunction.Receive,
                    "shutdown" => SocketFunction.Shutdown,
                    _ => SocketFunction.Close,
                },
                LocalEndPoint = isClient ? Client : Server,
                RemoteEndPoint = isClient ? Server : Client,
                Bytes = long.TryParse(result, out var bytes) ? bytes : 0,
                IsReset = result == "reset",
                Error = result switch
                {
                    "refused" => SocketError.ConnectionRefused,
                    "reset" when parts[1] == "recv" => SocketError.ConnectionReset,
                    _ => null,
                },
            });
        }
    }

    /// <param name="Text">The call.</param>
    /// <param name="After">A call of the other side that was reported before this one returned.</param>
    private sealed record Step(string Text, string? After = null);
}
