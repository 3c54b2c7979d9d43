using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>What the tests of the network itself share: two hosts, and connections between them.</summary>
internal static class Runs
{
    public const int Port = 7;

    public static void Run(Func<SimulatedNetwork, SimulatedHost, SimulatedHost, Task> test, int seed = 1) =>
        SimulatedNetwork.Run(seed, network => test(network, network.AddHost("near"), network.AddHost("far")));

    public static ValueTask<IConnectionListener> ListenAsync(this SimulatedHost host, int port = Port) =>
        host.BindAsync(new IPEndPoint(IPAddress.IPv6Any, port));

    public static ValueTask<ConnectionContext> ConnectAsync(this SimulatedHost host, SimulatedHost other, int port = Port) =>
        host.ConnectAsync(new IPEndPoint(other.Address, port));

    /// <summary>Both ends of a new connection.</summary>
    public static async Task<(ConnectionContext Near, ConnectionContext Far)> PairAsync(SimulatedHost near, SimulatedHost far)
    {
        await using var listener = await far.ListenAsync();
        var accepting = listener.AcceptAsync();
        var connected = await near.ConnectAsync(far);
        return (connected, (await accepting)!);
    }

    public static Task SayAsync(this ConnectionContext connection, string text) =>
        connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

    /// <summary>Reads exactly this much; less if the peer ends first.</summary>
    public static async Task<string> HearAsync(this ConnectionContext connection, int bytes)
    {
        var read = await connection.Transport.Input.ReadAtLeastAsync(bytes);
        var heard = read.Buffer.Slice(0, Math.Min(bytes, read.Buffer.Length));
        var text = Encoding.ASCII.GetString(heard);
        connection.Transport.Input.AdvanceTo(heard.End);
        return text;
    }

    /// <summary>Reads to the end, and returns the number of bytes.</summary>
    public static async Task<long> DrainAsync(this ConnectionContext connection)
    {
        var total = 0L;
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            total += read.Buffer.Length;
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return total;
        }
    }

    public static SimulationException Fails(Action run) => Assert.Throws<SimulationException>(run);
}
