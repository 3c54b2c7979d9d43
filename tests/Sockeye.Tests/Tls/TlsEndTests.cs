using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>Ends that TLS does not announce.</summary>
public sealed class TlsEndTests
{
    [Fact]
    public void End_without_close_notify_ends_the_input_and_is_reported() => TlsWorld.Run(async world =>
    {
        var received = "";
        await using var server = await world.Start(handler: async connection => received = await connection.ReadToEndAsync());
        await using var connection = await world.Connect();
        await connection.SendAsync("hello");

        await Arrival(world);
        LowerOutput(connection).Complete();

        var line = await world.Simulated.ConnectionEnded();
        Assert.Equal("hello", received);
        Assert.Contains("Peer Fin Input, the peer ended its side (FIN) without TLS close_notify", line.Message);
    });

    [Fact]
    public void End_in_the_middle_of_a_record_is_an_error_behind_what_arrived_whole() => TlsWorld.Run(async world =>
    {
        var whole = "";
        Exception? error = null;
        await using var server = await world.Start(handler: async connection =>
        {
            whole = await connection.ReadAsync(5);
            error = await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync(CancellationToken.None).AsTask());
        });
        await using var connection = await world.Connect();
        await connection.SendAsync("hello");
        await Arrival(world);

        await LowerOutput(connection).WriteAsync(new byte[] { 23, 3, 3, 0, 100, 1, 2, 3 }, CancellationToken.None);
        LowerOutput(connection).Complete();

        Assert.Contains("Peer TlsError Both, the peer ended in the middle of a TLS record",
            (await world.Simulated.ConnectionEnded()).Message);
        Assert.Equal("hello", whole);
        Assert.IsType<ConnectionResetException>(error);
    });

    [Fact]
    public void Record_that_was_changed_on_its_way_breaks_the_connection() => TlsWorld.Run(async world =>
    {
        Exception? error = null;
        await using var server = await world.Start(handler: async connection =>
            error = await Record.ExceptionAsync(() => connection.Transport.Input.ReadAsync(CancellationToken.None).AsTask()));
        await using var connection = await world.Connect();

        await Arrival(world);
        var record = new byte[5 + 40];
        (record[0], record[1], record[2], record[4]) = (23, 3, 3, 40);
        await LowerOutput(connection).WriteAsync(record, CancellationToken.None);

        await connection.AssertResetAsync();
        Assert.Contains("Peer TlsError Both, TLS failed", (await world.Simulated.ConnectionEnded()).Message);
        Assert.IsType<ConnectionResetException>(error);
    });

    private static Task Arrival(TlsWorld world) => world.Simulated.Pass(TimeSpan.FromSeconds(1));

    /// <summary>The pipe that TLS writes to.</summary>
    private static System.IO.Pipelines.PipeWriter LowerOutput(ConnectionContext connection) =>
        ((TlsConnection)connection).LowerTransport.Output;
}
