using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>Clients that never finish their handshake cost little, and do not affect others.</summary>
public sealed class HandshakeLimitTests
{
    [Fact]
    public void Silent_client_is_reset_after_the_timeout_and_no_handler_sees_it() => TlsWorld.Run(async world =>
    {
        var handled = 0;
        await using var server = await world.Start(handler: _ => Task.FromResult(handled++));
        await using var silent = await world.Simulated.Connect();

        await silent.AssertResetAsync();

        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 10, 10.3);
        await TlsFailureTests.AssertServerLoggedAsync(
            world, "Local Timeout Both, the TLS handshake did not finish within 10 s (HandshakeTimeout): the peer sent nothing");
        Assert.Equal(0, handled);
    });

    [Fact]
    public void Client_that_stops_in_the_middle_of_its_hello_is_reset_after_the_timeout() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.HandshakeTimeout = TimeSpan.FromSeconds(3));
        await using var half = await world.Simulated.Connect();
        await half.Transport.Output.WriteAsync(new byte[] { 22, 3, 1, 2, 0, 1 });

        await half.AssertResetAsync();

        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 3, 3.3);
    });

    [Fact]
    public void Good_client_comes_through_at_once_however_many_say_nothing_or_half_a_hello() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.MaxHandshakes = 5);
        var others = new List<ConnectionContext>();
        for (var i = 0; i < 20; i++)
        {
            others.Add(await world.Simulated.Connect());
            if (i % 2 == 0)
                await others[i].Transport.Output.WriteAsync(RecordedHello.Bytes.AsMemory(0, i));
        }

        await using var good = await world.Connect();
        await good.SendAsync("x");
        Assert.Equal("x", await good.ReadAsync(1));

        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 0, 1);
        foreach (var client in others)
            await client.DisposeAsync();
    });

    [Fact]
    public void Good_client_is_served_while_stalled_handshakes_hold_all_permits() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.MaxHandshakes = 5);
        var stalled = new List<ConnectionContext>();
        for (var i = 0; i < 20; i++)
            stalled.Add(await ConnectAndSayHello(world));

        await using var good = await world.Connect();
        await good.SendAsync("x");
        Assert.Equal("x", await good.ReadAsync(1));

        // It waited in line behind 15 of them: four rounds of five, 2 s each.
        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 8, 9);
        foreach (var client in stalled)
            await client.DisposeAsync();
        Assert.Single(world.Simulated.Log.WithId(1300));
        Assert.Contains("stalled for 2 s", world.Simulated.Log.WithId(1300).Single().Message);
    });

    [Fact]
    public void Handshake_that_moves_is_not_given_up_for_one_that_waits() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.MaxHandshakes = 1);
        await using var slow = await ConnectAndSayHello(world);
        byte[] next = [20, 3, 3, 0, 1, 1, 23, 3, 3]; // ChangeCipherSpec, and the start of a record that never ends
        Task<ConnectionContext>? connecting = null;
        foreach (var piece in next)
        {
            await slow.Transport.Output.WriteAsync(new[] { piece });
            await world.Simulated.Pass(TimeSpan.FromSeconds(1));
            connecting ??= world.Connect().AsTask();
        }

        Assert.False(connecting!.IsCompleted);
        await using var good = await connecting;
        // One byte a second kept its place; the time limit of the whole handshake did not.
        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 9, 10.5);
    });

    [Fact]
    public void Wait_for_a_permit_counts_in_the_timeout() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls =>
        {
            tls.MaxHandshakes = 1;
            tls.HandshakeTimeout = TimeSpan.FromSeconds(1);
        });
        await using var first = await ConnectAndSayHello(world);
        await using var second = await ConnectAndSayHello(world);

        await second.AssertResetAsync();

        Assert.InRange(world.Simulated.Network.Elapsed.TotalSeconds, 1, 1.3);
        await using var good = await world.Connect();
    });

    [Fact]
    public void Thousands_of_handshakes_that_never_finish_leave_permits_for_real_clients() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.MaxHandshakes = 100);
        var silent = new List<ConnectionContext>();
        for (var i = 0; i < 300; i++)
            silent.Add(i % 3 == 0 ? await ConnectAndSayHello(world) : await world.Simulated.Connect());
        for (var i = 0; i < 10; i++)
        {
            await using var good = await world.Connect();
            await good.SendAsync("x");
            Assert.Equal("x", await good.ReadAsync(1));
        }

        foreach (var client in silent)
            client.Abort();
        await world.Simulated.Until(() => server.ConnectionCount == 0, "all were gone");
    });

    /// <summary>One that says its hello, and nothing more.</summary>
    private static async Task<ConnectionContext> ConnectAndSayHello(TlsWorld world)
    {
        var client = await world.Simulated.Connect();
        await client.Transport.Output.WriteAsync(RecordedHello.Bytes);
        return client;
    }
}
