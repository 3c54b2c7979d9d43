using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>What tests of PROXY headers say over and over.</summary>
internal static class ProxiedServer
{
    /// <summary>All hosts of the simulated network.</summary>
    public static IPNetwork[] Everybody { get; } = [IPNetwork.Parse("10.0.0.0/24"), IPNetwork.Parse("fd00::/64")];

    public const string Line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";

    /// <summary>A server that answers with the addresses it sees, and echoes then.</summary>
    public static Task<SockeyeServer> Start(Simulated world, Action<ProxyProtocolOptions>? configure = null) =>
        world.StartWith(listen => listen.UseProxyProtocol(options =>
        {
            foreach (var network in Everybody)
                options.TrustedProxies.Add(network);
            configure?.Invoke(options);
        }).Run(ReportAddressesAsync));

    public static async Task ReportAddressesAsync(ConnectionContext connection)
    {
        await connection.SendAsync($"{connection.RemoteEndPoint} -> {connection.LocalEndPoint}\n");
        await ConnectionText.Echo(connection);
    }

    public static async Task<string> ReadLineAsync(this ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(read.Buffer.Slice(0, end));
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            Assert.False(read.IsCompleted, "The connection ended before the end of a line.");
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public static byte[] ToBytes(this ProxyHeader header)
    {
        var output = new ArrayBufferWriter<byte>();
        header.WriteTo(output);
        return output.WrittenSpan.ToArray();
    }

    public static Task SendAsync(this ConnectionContext connection, byte[] bytes) =>
        connection.Transport.Output.WriteAsync(bytes).AsTask();
}
