using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using static Sockeye.Takeover.Tests.Restart.RestartWorld;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>Contents of the descriptor store that no server can use: they are closed, removed, and the log has the
/// reason.</summary>
[Collection("descriptors")]
public sealed class StoredGarbageTests
{
    private const string Name = SystemdConnectionStore.Name;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "its mark should have 4 bytes, and 0 are left")]
    [InlineData("not of Sockeye", "does not begin with the mark of stored connections")]
    [InlineData("SkCs\u0002\0\0\0\0", "its version is 2, and this process reads version 1")]
    [InlineData("SkCs\u0001\u0001\0\0\0", "it has 1 connections, more than its bytes")]
    [InlineData("SkCs\u0001\0\0\0\0more", "bytes follow its end")]
    public async Task States_that_cannot_be_read_are_closed_with_their_sockets(string content, string reason)
    {
        await using var world = new RestartWorld();
        using var peer = Put(world, out _);
        world.Manager.Put(Name, SealedMemory.Create(Name, [.. content.Select(c => (byte)c)]));
        var lines = await RestoreNothingAsync(world);
        Assert.Contains(reason, lines[0], StringComparison.Ordinal);
        Assert.Contains("its state is not there", lines[1], StringComparison.Ordinal);
        await AssertEndedAsync(peer);
    }

    [Fact]
    public async Task File_that_can_still_change_is_refused()
    {
        await using var world = new RestartWorld();
        using var peer = Put(world, out _);
        world.Manager.Put(Name, File.OpenHandle(
            Path.Combine(world.Folder, "states"), FileMode.CreateNew, FileAccess.ReadWrite));
        Assert.Contains("is not a sealed file in memory", (await RestoreNothingAsync(world))[0], StringComparison.Ordinal);
        await AssertEndedAsync(peer);
    }

    [Fact]
    public async Task State_of_a_later_version_is_refused_and_the_others_continue()
    {
        await using var world = new RestartWorld();
        using var peer = Put(world, out var cookie);
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        var state = new ConnectionSnapshot { ConnectionId = "future", ListenerName = "" }.ToArray();
        state[4] = 9; // The version.
        world.Manager.Put(Name, SealedMemory.Create(
            Name, StoredConnections.Write([new(cookie, TimeSpan.Zero, state)])));

        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(1, await world.RestoreAsync(next));
        Assert.Contains("its version is 9, and this process reads version 1", world.Line(1347), StringComparison.Ordinal);
        await AssertEndedAsync(peer);
        await AssertAnsweredAsync(client, "second", 2);
    }

    [Fact]
    public async Task Connection_of_an_endpoint_that_is_not_there_is_closed()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        var next = await world.StartAsync("sockets");
        Assert.Equal(0, await world.RestoreAsync(next));
        Assert.Contains($"no endpoint listens on {before.EndPoints[0]}", world.Line(1347), StringComparison.Ordinal);
        await AssertEndedAsync(client);
    }

    [Fact]
    public async Task Connection_of_an_endpoint_that_does_not_move_connections_is_closed()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        var options = new SockeyeServerOptions { Transport = new SocketTransport() };
        options.Listen(before.EndPoints[0]).Run(_ => Task.CompletedTask);
        Assert.Equal(0, await world.RestoreAsync(await world.StartAsync(options)));
        Assert.Contains("does not move connections: add UseMoving to it", world.Line(1347), StringComparison.Ordinal);
        await AssertEndedAsync(client);
    }

    [Fact]
    public async Task Connection_finds_the_server_of_its_endpoint_among_several()
    {
        await using var world = new RestartWorld();
        var before = await world.StartAsync("sockets");
        var client = await world.ConnectAsync(before);
        await world.StoreAsync(before);
        var other = await world.StartAsync("sockets");
        var next = await world.StartAsync("sockets", before.EndPoints[0]);
        Assert.Equal(1, await world.RestoreAsync(other, next));
        await AssertAnsweredAsync(client, "second", 2);
    }

    [Fact]
    public async Task Descriptors_that_nothing_takes_are_closed()
    {
        await using var world = new RestartWorld();
        using var peer = Put(world, out _);
        world.Manager.PassHere().CloseUnused(world.Log.CreateLogger("x"));
        world.Manager.Discard();
        Assert.Contains("and nothing takes it", world.Line(1341), StringComparison.Ordinal);
        await AssertEndedAsync(peer);
    }

    /// <summary>Puts the socket of a connection into the store, without a state, and returns its peer.</summary>
    private static Socket Put(RestartWorld world, out ulong cookie)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.Connect(listener.LocalEndPoint!);
        using var accepted = listener.Accept();
        SafeFileHandle stored = NativeDescriptor.Duplicate((int)accepted.Handle);
        cookie = SocketCookie.Read(stored)!.Value;
        world.Manager.Put(Name, stored);
        return peer;
    }

    private static async Task<List<string>> RestoreNothingAsync(RestartWorld world)
    {
        var next = await world.StartAsync("sockets");
        Assert.Equal(0, await world.RestoreAsync(next));
        Assert.Empty(world.Manager.StoredNames);
        Assert.Equal(0, next.ConnectionCount);
        await next.StopAsync(Cancelled);
        return [.. world.Log.WithId(1347).Select(line => line.Message)];
    }
}
