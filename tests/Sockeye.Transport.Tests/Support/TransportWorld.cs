using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transport.Tests.Support;

/// <summary>
/// All that one test touches: where to bind, how to connect, the clock, and at the end the proof that nothing is left.
/// </summary>
public sealed class TransportWorld
{
    /// <summary>Longer than anything may take: a longer wait would never end.</summary>
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private readonly List<TestEnd> _ends = [];
    private readonly List<IConnectionListener> _listeners = [];
    private readonly Lock _lock = new();

    public required IConnectionListenerFactory Listening { get; init; }

    public required IConnectionFactory Connecting { get; init; }

    /// <summary>The transport of a server, and what stands between it and the server's handler: what <see cref="Connecting"/> can
    /// connect to.</summary>
    public (IConnectionListenerFactory Transport, Func<ListenOptions, ListenOptions> Secured) Serving
    {
        get => field.Transport is null ? (Listening, static listen => listen) : field;
        init;
    }

    /// <summary>An address to bind that is free: port 0, or a new path.</summary>
    public required Func<EndPoint> NewEndPoint { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Buffers that connections hold now.</summary>
    public required Func<long> RentedBuffers { get; init; }

    /// <summary>Fails unless a connection that has ended holds nothing of the system.</summary>
    public required Action<ConnectionContext> AssertReleased { get; init; }

    /// <summary>Runs the test; then everything it has opened must close in order and leave nothing.</summary>
    public async Task RunAsync(Func<TransportWorld, Task> test)
    {
        try
        {
            await test(this);
            await Soon(Task.WhenAll(_ends.Select(end => end.Connection.DisposeAsync().AsTask())), "closing everything");
            foreach (var end in _ends)
            {
                await Soon(end.Closed, $"ConnectionClosed of {end}");
                AssertReleased(end.Connection);
            }

            Assert.Equal(0, RentedBuffers());
        }
        finally
        {
            foreach (var end in _ends)
                end.Connection.Abort();
            foreach (var listener in _listeners)
                await listener.DisposeAsync();
        }
    }

    public async Task<IConnectionListener> ListenAsync(EndPoint? endpoint = null)
    {
        var listener = await Soon(Listening.BindAsync(endpoint ?? NewEndPoint()).AsTask(), "bind");
        lock (_lock)
            _listeners.Add(listener);
        return listener;
    }

    public async Task<TestEnd> ConnectClientAsync(IConnectionListener listener, CancellationToken cancellationToken = default) =>
        Track(await Soon(Connecting.ConnectAsync(listener.EndPoint, cancellationToken).AsTask(), "connect"), "client");

    public async Task<TestEnd> AcceptAsync(IConnectionListener listener, CancellationToken cancellationToken = default)
    {
        var connection = await Soon(listener.AcceptAsync(cancellationToken).AsTask(), "accept");
        Assert.NotNull(connection);
        return Track(connection, "server");
    }

    public async Task<(TestEnd Client, TestEnd Server)> ConnectAsync(IConnectionListener? listener = null)
    {
        listener ??= await ListenAsync();
        var accepting = AcceptAsync(listener);
        var client = await ConnectClientAsync(listener);
        return (client, await accepting);
    }

    /// <summary>A pair, with the end first that the test starts with.</summary>
    public async Task<(TestEnd First, TestEnd Second)> ConnectAsync(bool clientFirst)
    {
        var (client, server) = await ConnectAsync();
        return clientFirst ? (client, server) : (server, client);
    }

    public TestEnd Track(ConnectionContext connection, string role)
    {
        var end = new TestEnd(connection, this, role);
        lock (_lock)
            _ends.Add(end);
        return end;
    }

    /// <summary>For what raises no event: polls until it is so.</summary>
    public async Task BecomesTrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var startedAt = Time.GetTimestamp();
        while (!condition())
        {
            if (Time.GetElapsedTime(startedAt) > WaitLimit)
                Assert.Fail($"It did not happen in {WaitLimit.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), Time);
        }
    }

    public async Task<T> Soon<T>(Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await Soon((Task)task, what);
        return await task;
    }

    public async Task Soon(Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            await task.WaitAsync(WaitLimit, Time);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"It did not happen in {WaitLimit.TotalSeconds} s: {what}.");
        }
    }
}
